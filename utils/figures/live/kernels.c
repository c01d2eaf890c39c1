/* The arithmetic of the live ResNet, for WebAssembly with 128-bit vectors. `make kernels` compiles it
   into kernels.js. Maps lie place by place, 32 channels a place: 14 x 14 x 32, and 16 x 16 x 32 with a
   border of zeros around. Weights of a convolution: 3 x 3 x 32 (in) x 32 (out). No library is used. */
#include <wasm_simd128.h>

enum { SIDE = 14, WIDE = 16, C = 32, V = C / 4 };

/* relu(x * scale + shift) into the inside of a bordered map. */
__attribute__((export_name("activate")))
void activate(const float *x, const float *scale, const float *shift, float *to) {
  const v128_t zero = wasm_f32x4_splat(0);
  for (int row = 0; row < SIDE; row++)
    for (int column = 0; column < SIDE; column++) {
      const float *in = x + (row * SIDE + column) * C;
      float *out = to + ((row + 1) * WIDE + column + 1) * C;
      for (int v = 0; v < V; v++) {
        v128_t value = wasm_f32x4_add(wasm_f32x4_mul(wasm_v128_load(in + 4 * v), wasm_v128_load(scale + 4 * v)),
                                      wasm_v128_load(shift + 4 * v));
        wasm_v128_store(out + 4 * v, wasm_f32x4_pmax(zero, value));
      }
    }
}

/* to += by * convolution(x): two places at a time, all 32 output channels of both in registers. */
__attribute__((export_name("convolve")))
void convolve(const float *x, const float *w, float *to, float by, int anew) {
  for (int row = 0; row < SIDE; row++)
    for (int column = 0; column < SIDE; column += 2) {
      v128_t a[V], b[V];
      for (int v = 0; v < V; v++) a[v] = b[v] = wasm_f32x4_splat(0);
      for (int ky = 0; ky < 3; ky++)
        for (int kx = 0; kx < 3; kx++) {
          const float *in = x + ((row + ky) * WIDE + column + kx) * C, *weight = w + (ky * 3 + kx) * C * C;
          for (int c = 0; c < C; c++, weight += C) {
            const v128_t one = wasm_v128_load32_splat(in + c), two = wasm_v128_load32_splat(in + C + c);
#pragma unroll
            for (int v = 0; v < V; v++) {
              const v128_t held = wasm_v128_load(weight + 4 * v);
              a[v] = wasm_f32x4_add(a[v], wasm_f32x4_mul(one, held));
              b[v] = wasm_f32x4_add(b[v], wasm_f32x4_mul(two, held));
            }
          }
        }
      const v128_t share = wasm_f32x4_splat(by);
      float *out = to + (row * SIDE + column) * C;
      for (int v = 0; v < V; v++) {
        v128_t first = wasm_f32x4_mul(share, a[v]), second = wasm_f32x4_mul(share, b[v]);
        if (!anew) {
          first = wasm_f32x4_add(first, wasm_v128_load(out + 4 * v));
          second = wasm_f32x4_add(second, wasm_v128_load(out + C + 4 * v));
        }
        wasm_v128_store(out + 4 * v, first);
        wasm_v128_store(out + C + 4 * v, second);
      }
    }
}
