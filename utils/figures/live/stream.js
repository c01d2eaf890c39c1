/* The network of chapter 12 in the page: a stem, ten pre-activation blocks on 14 x 14 x 32, a head that
   can read after every block, and operations on the blocks. Plain JavaScript with two kernels in
   WebAssembly (kernels.c), or in JavaScript where there is none. No page is needed: a browser loads it as
   a classic script (`CourseStream`), Node by `require`, for the tests.

     x <- x + scale * conv2(relu(bn2(conv1(relu(bn1(x))))))      without the shortcut: x <- scale * ...

   A plan says which blocks run, in which order: [{ block, scale, shortcut }, ...]. BatchNorm takes its
   running averages, or those of the images at hand ("fresh"). */
(function (root) {
  "use strict";
  const C = 32, SIDE = 14, WIDE = 16, MAP = SIDE * SIDE * C, BORDERED = WIDE * WIDE * C, KERNEL = 9 * C * C, EPS = 1e-5;
  const PAUSE = 16; // images between two chances for a page to draw

  /* What lies in base64, as bytes. */
  function bytes(text) {
    const raw = atob(text), found = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) found[i] = raw.charCodeAt(i);
    return found;
  }

  /* The two kernels in JavaScript, on one Float32Array; places are indices into it. */
  function plainKernels(memory) {
    const sums = new Float32Array(C);
    return {
      activate(x, scale, shift, to) {
        for (let row = 0; row < SIDE; row++) for (let column = 0; column < SIDE; column++) {
          const from = x + (row * SIDE + column) * C, out = to + ((row + 1) * WIDE + column + 1) * C;
          for (let c = 0; c < C; c++) memory[out + c] = Math.max(0, memory[from + c] * memory[scale + c] + memory[shift + c]);
        }
      },
      convolve(x, w, to, by, anew) {
        for (let row = 0; row < SIDE; row++) for (let column = 0; column < SIDE; column++) {
          sums.fill(0);
          for (let k = 0; k < 9; k++) {
            const from = x + ((row + ((k / 3) | 0)) * WIDE + column + (k % 3)) * C;
            for (let i = 0; i < C; i++) {
              const value = memory[from + i], held = w + (k * C + i) * C;
              if (value) for (let o = 0; o < C; o++) sums[o] += value * memory[held + o];
            }
          }
          const out = to + (row * SIDE + column) * C;
          for (let o = 0; o < C; o++) memory[out + o] = by * sums[o] + (anew ? 0 : memory[out + o]);
        }
      },
    };
  }

  /* Memory for `floats` numbers and the kernels on it; in WebAssembly if `code` is there and allowed. */
  function machine(floats, code) {
    if (code && typeof WebAssembly === "object") {
      try {
        const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
        const base = exports.__heap_base.value + 15 & ~15, pages = Math.ceil((base + 4 * floats) / 65536);
        exports.memory.grow(Math.max(0, pages - exports.memory.buffer.byteLength / 65536));
        const memory = new Float32Array(exports.memory.buffer, base, floats), at = (place) => base + 4 * place;
        return { memory, wasm: true,
          activate: (x, scale, shift, to) => exports.activate(at(x), at(scale), at(shift), at(to)),
          convolve: (x, w, to, by, anew) => exports.convolve(at(x), at(w), at(to), by, anew ? 1 : 0) };
      } catch (error) { /* no vectors in this browser: in JavaScript, some ten times slower */ }
    }
    const memory = new Float32Array(floats);
    return { memory, wasm: false, ...plainKernels(memory) };
  }

  /* The tensors of a payload, by name, as Float32Array; int8 ones are multiplied by their scales. */
  function tensors(payload) {
    const held = bytes(payload.data).buffer, found = {};
    for (const { name, shape, at, scale } of payload.tensors) {
      const count = shape.reduce((a, b) => a * b, 1);
      if (scale === undefined) { found[name] = new Float32Array(held.slice(at, at + 4 * count)); continue }
      const whole = new Int8Array(held, at, count), scales = new Float32Array(held.slice(scale, scale + 4 * shape[0]));
      const each = count / shape[0];
      found[name] = Float32Array.from(whole, (value, i) => value * scales[(i / each) | 0]);
    }
    return found;
  }

  class Stream {
    /* weights: by name as in PyTorch's state dict. room: how many images at once. */
    constructor(weights, room, code) {
      Object.assign(this, { weights, room, depth: 0 });
      while (weights[`body.${this.depth}.conv1.weight`]) this.depth++;
      if (!this.depth) throw new RangeError("Stream: no block among the weights");
      let size = 0;
      const take = (count) => (size += count) - count;
      this.x = take(room * MAP);
      this.h = take(room * MAP);
      this.padded = take(BORDERED);
      this.scale = take(C);
      this.shift = take(C);
      const kernels = Array.from({ length: 2 * this.depth }, () => take(KERNEL));
      this.kernels = machine(size, code);
      this.memory = this.kernels.memory;
      this.blocks = Array.from({ length: this.depth }, (_, b) => [1, 2].map((n) => {
        const w = weights[`body.${b}.conv${n}.weight`], place = kernels[2 * b + n - 1];
        for (let o = 0; o < C; o++) for (let i = 0; i < C; i++) for (let k = 0; k < 9; k++) {
          this.memory[place + (k * C + i) * C + o] = w[(o * C + i) * 9 + k];
        }
        return { place, norm: `body.${b}.bn${n}` };
      }));
    }
    /* Every block as it was trained. */
    whole(shortcut) {
      return Array.from({ length: this.depth }, (_, block) => ({ block, scale: 1, shortcut }));
    }
    /* Images of 28 x 28 bytes into the stream: a 3 x 3 convolution with stride 2. */
    stem(pixels, count) {
      const w = this.weights["stem.weight"], { memory } = this;
      for (let n = 0; n < count; n++) for (let row = 0; row < SIDE; row++) for (let column = 0; column < SIDE; column++) {
        const out = this.x + n * MAP + (row * SIDE + column) * C;
        memory.fill(0, out, out + C);
        for (let k = 0; k < 9; k++) {
          const y = 2 * row + ((k / 3) | 0) - 1, z = 2 * column + (k % 3) - 1;
          const value = y < 0 || z < 0 ? 0 : pixels[784 * n + 28 * y + z] / 255; // 28 is never reached
          if (value) for (let o = 0; o < C; o++) memory[out + o] += value * w[9 * o + k];
        }
      }
    }
    /* Scale and shift of a BatchNorm, from its running averages or from `count` maps at `place`. */
    norm(name, place, count, fresh) {
      const of = (what) => this.weights[`${name}.${what}`];
      let mean = of("running_mean"), variance = of("running_var");
      if (fresh) {
        mean = new Float64Array(C);
        variance = new Float64Array(C);
        const { memory } = this, all = count * SIDE * SIDE;
        for (let i = 0; i < all; i++) for (let c = 0; c < C; c++) mean[c] += memory[place + i * C + c];
        for (let c = 0; c < C; c++) mean[c] /= all;
        for (let i = 0; i < all; i++) for (let c = 0; c < C; c++) variance[c] += (memory[place + i * C + c] - mean[c]) ** 2;
        for (let c = 0; c < C; c++) variance[c] /= all;
      }
      return this.affine(name, mean, variance);
    }
    affine(name, mean, variance) {
      const gamma = this.weights[`${name}.weight`], beta = this.weights[`${name}.bias`];
      const scale = Float32Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + EPS));
      return { scale, shift: Float32Array.from(beta, (b, c) => b - mean[c] * scale[c]) };
    }
    /* One convolution after BatchNorm and ReLU, of all images; some at a time. */
    *layer(layer, from, to, count, norm, by, anew) {
      const { memory, kernels } = this;
      for (let n = 0; n < count; n++) {
        if (n % PAUSE === 0) {
          if (n) yield;
          memory.set(norm.scale, this.scale);
          memory.set(norm.shift, this.shift);
        }
        kernels.activate(from + n * MAP, this.scale, this.shift, this.padded);
        kernels.convolve(this.padded, layer.place, to + n * MAP, by, anew);
      }
    }
    /* What the head says of the stream: logits, `classes` an image. */
    head(count, norm) {
      const w = this.weights["fc.weight"], b = this.weights["fc.bias"], classes = b.length, { memory } = this;
      const found = new Float32Array(count * classes), mean = new Float64Array(C);
      for (let n = 0; n < count; n++) {
        mean.fill(0);
        for (let i = 0; i < SIDE * SIDE; i++) for (let c = 0; c < C; c++) {
          mean[c] += Math.max(0, memory[this.x + n * MAP + i * C + c] * norm.scale[c] + norm.shift[c]);
        }
        for (let k = 0; k < classes; k++) {
          let sum = b[k];
          for (let c = 0; c < C; c++) sum += w[k * C + c] * mean[c] / (SIDE * SIDE);
          found[n * classes + k] = sum;
        }
      }
      return found;
    }
    /* Run a plan in small steps: a generator, so that a page can draw between. Its value is
       { logits, norms, maps }: what the head says after the stem and after each block that ran; the
       norms that were used, which `norms` of a later run takes over; and, if asked for, each block's map. */
    *run(pixels, count, plan, { fresh = false, norms = null, maps = false } = {}) {
      if (count > this.room) throw new RangeError(`Stream: room for ${this.room} images, got ${count}`);
      const used = [], logits = [], seen = [];
      const norm = (name, place) => {
        used.push(norms ? norms[used.length] : this.norm(name, place, count, fresh));
        return used[used.length - 1];
      };
      const look = () => {
        logits.push(this.head(count, norm("bn", this.x)));
        if (maps) seen.push(this.memory.slice(this.x, this.x + MAP));
      };
      this.stem(pixels, count);
      look();
      for (const { block, scale, shortcut } of plan) {
        const [first, second] = this.blocks[block];
        yield* this.layer(first, this.x, this.h, count, norm(first.norm, this.x), 1, true);
        yield* this.layer(second, this.h, this.x, count, norm(second.norm, this.h), scale, !shortcut);
        look();
        yield;
      }
      return { logits, norms: used, maps: seen };
    }
    /* The same in one go. */
    now(pixels, count, plan, options) {
      const job = this.run(pixels, count, plan, options);
      let step = job.next();
      while (!step.done) step = job.next();
      return step.value;
    }
  }
  const softmax = (logits) => {
    const most = Math.max(...logits), e = Array.from(logits, (v) => Math.exp(v - most)), sum = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / sum);
  };
  const best = (values) => values.reduce((found, v, i) => (v > values[found] ? i : found), 0);

  root.CourseStream = { Stream, tensors, bytes, softmax, best, MAP, SIDE, CHANNELS: C };
  if (typeof module === "object") module.exports = root.CourseStream;
})(typeof globalThis === "object" ? globalThis : this);
