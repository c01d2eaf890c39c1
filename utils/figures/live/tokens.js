/* How different the tokens of a transformer stay: blocks of attention and MLPs with their initial
   weights, shortcuts to switch, and the picture of how alike the tokens are after each pair. The engine,
   `CourseTokens`, needs no page; `CourseLive.tokens(box)` puts the figure into an element. */
(function (root) {
  "use strict";
  const WIDTH = 32, TOKENS = 49, HEADS = 4, PAIRS = 12, EPS = 1e-5, FLOOR = 1e-7;

  const { uniform, normal } = root.CourseRandom || require("./random.js");

  /* PyTorch's initial weights of nn.Linear: uniform, up to one over the root of the inputs. */
  function linear(draw, ins, outs, gain, bias) {
    const most = 1 / Math.sqrt(ins), take = (count, by) => Float64Array.from({ length: count }, () => by * most * (2 * draw() - 1));
    return { ins, outs, w: take(ins * outs, gain), b: take(outs, bias) };
  }
  function apply({ ins, outs, w, b }, x) {
    const rows = x.length / ins, y = new Float64Array(rows * outs);
    for (let r = 0; r < rows; r++) for (let o = 0; o < outs; o++) {
      let sum = b[o];
      for (let i = 0; i < ins; i++) sum += w[o * ins + i] * x[r * ins + i];
      y[r * outs + o] = sum;
    }
    return y;
  }
  function layerNorm(x) {
    const y = new Float64Array(x.length);
    for (let r = 0; r < x.length; r += WIDTH) {
      let mean = 0, variance = 0;
      for (let i = 0; i < WIDTH; i++) mean += x[r + i] / WIDTH;
      for (let i = 0; i < WIDTH; i++) variance += (x[r + i] - mean) ** 2 / WIDTH;
      for (let i = 0; i < WIDTH; i++) y[r + i] = (x[r + i] - mean) / Math.sqrt(variance + EPS);
    }
    return y;
  }
  function erf(x) { // Abramowitz and Stegun 7.1.26, to 1.5e-7
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const y = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
    return x < 0 ? -y : y;
  }
  function attention({ ask, out }, x) {
    const size = WIDTH / HEADS, parts = apply(ask, layerNorm(x)), found = new Float64Array(x.length), row = 3 * WIDTH;
    for (let h = 0; h < HEADS; h++) for (let t = 0; t < TOKENS; t++) {
      const scores = new Float64Array(TOKENS), q = t * row + h * size;
      let most = -Infinity, total = 0;
      for (let s = 0; s < TOKENS; s++) {
        for (let i = 0; i < size; i++) scores[s] += parts[q + i] * parts[s * row + WIDTH + h * size + i];
        scores[s] /= Math.sqrt(size);
        most = Math.max(most, scores[s]);
      }
      for (let s = 0; s < TOKENS; s++) total += scores[s] = Math.exp(scores[s] - most);
      for (let s = 0; s < TOKENS; s++) for (let i = 0; i < size; i++) {
        found[t * WIDTH + h * size + i] += scores[s] / total * parts[s * row + 2 * WIDTH + h * size + i];
      }
    }
    return apply(out, found);
  }
  function mlp({ up, down }, x) {
    return apply(down, apply(up, layerNorm(x)).map((v) => 0.5 * v * (1 + erf(v / Math.SQRT2))));
  }
  /* The part of the tokens that is not their mean, divided by the whole: 0 where all are equal. */
  function apart(x) {
    let rest = 0, whole = 0;
    for (let i = 0; i < WIDTH; i++) {
      let mean = 0;
      for (let t = 0; t < TOKENS; t++) mean += x[t * WIDTH + i] / TOKENS;
      for (let t = 0; t < TOKENS; t++) {
        rest += (x[t * WIDTH + i] - mean) ** 2;
        whole += x[t * WIDTH + i] ** 2;
      }
    }
    return Math.sqrt(rest / whole);
  }
  /* The tokens after each pair. A branch is "shortcut", "bare" or "none" (left out). */
  function run({ attention: first = "shortcut", mlp: second = "shortcut", gain = 1, bias = 1, seed = 1, keep = false } = {}) {
    const draw = uniform(seed);
    let x = Float64Array.from({ length: TOKENS * WIDTH }, () => normal(draw));
    const start = x, found = [], seen = [], layers = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const made = { ask: linear(draw, WIDTH, 3 * WIDTH, gain, bias), out: linear(draw, WIDTH, WIDTH, gain, bias),
        up: linear(draw, WIDTH, 4 * WIDTH, gain, bias), down: linear(draw, 4 * WIDTH, WIDTH, gain, bias) };
      for (const [kind, branch] of [[first, attention], [second, mlp]]) {
        if (kind === "none") continue;
        const added = branch(made, x), before = x;
        x = kind === "shortcut" ? added.map((v, i) => v + before[i]) : added;
      }
      found.push(Math.max(FLOOR, apart(x)));
      seen.push(x);
      if (keep) layers.push(made);
    }
    return { apart: found, seen, start, layers };
  }
  root.CourseTokens = { run, apart, TOKENS, WIDTH, PAIRS, FLOOR };
  if (typeof module === "object") module.exports = root.CourseTokens;
  if (!root.CourseCharts) return;

  const { CSS, follow, mount, options, natural } = root.CourseCharts;
  const KINDS = { shortcut: "with a shortcut", bare: "without", none: "left out" };
  const select = (name, label) => `<label>${label}<select name="${name}">${options(Object.entries(KINDS))}</select></label>`;
  const BODY = `<style>${CSS} .both { display: grid; grid-template-columns: 1.6fr 1fr; gap: 14px } .like { max-width: 260px; image-rendering: pixelated }
    @container (max-width: 599px) { .both { grid-template-columns: 1fr } }</style><section aria-label="Tokens that stay different, or not">
    <div class="bar">${select("attention", "Attention")}${select("mlp", "MLPs")}
      <label><span>Weights times <output name="times">1.0</output></span><input type="range" name="gain" min="0.5" max="4" step="0.1" value="1"></label>
      <label class="row"><input type="checkbox" name="bias" checked>biases</label>
      <label>Seed<input type="number" name="seed" min="1" max="9999" value="1"></label></div>
    <div class="both"><div><p class="title">How different the tokens are, after each pair</p><svg class="curve" role="img"></svg></div>
      <div><p class="title">How alike each two tokens are after pair <output name="at">12</output></p><canvas class="like" width="49" height="49" role="img"></canvas>
      <label>Pair<input type="range" name="pair" min="1" max="12" value="12"></label></div></div>
    <p class="status" role="status"></p></section>`;

  function tokens(box) {
    const { host, $, ready } = mount(box, BODY), value = (name) => $(`[name=${name}]`).value;
    let now = null, before = [];
    const settings = () => ({ attention: value("attention"), mlp: value("mlp"), gain: +value("gain"), bias: $("[name=bias]").checked ? 1 : 0,
      seed: natural(value("seed")) });
    const kind = (s) => (s.attention === "shortcut" && s.mlp === "shortcut" ? "residual" : s.attention !== "shortcut" && s.mlp !== "shortcut" ? "plain" : "");
    function renew() {
      if (now) before = [...before, now].slice(-6);
      const asked = settings();
      now = { ...run(asked), kind: kind(asked) };
      draw();
      const last = now.apart[PAIRS - 1], gone = now.apart.findIndex((v) => v < 1e-3) + 1;
      $(".status").textContent = gone ? `After pair ${gone} less than a thousandth of the differences is left.` : `After ${PAIRS} pairs the tokens still differ: ${last.toPrecision(2)} of what they are is not common to all.`;
    }
    function draw() {
      follow(host);
      const svg = $(".curve"), width = svg.clientWidth || 360, height = 210, left = 44, bottom = 24, top = 8, right = 10;
      const x = (pair) => left + (pair / PAIRS) * (width - left - right), y = (v) => top + (-Math.log10(v) / 7) * (height - top - bottom);
      let out = "";
      for (let k = 0; k >= -6; k -= 2) out += `<line class="rule" x1="${left}" x2="${width - right}" y1="${y(10 ** k)}" y2="${y(10 ** k)}"/><text x="${left - 6}" y="${y(10 ** k) + 4}" text-anchor="end">${k ? `10<tspan dy="-4">\u2212${-k}</tspan>` : 1}</text>`;
      for (let pair = 0; pair <= PAIRS; pair += 3) out += `<text x="${x(pair)}" y="${height - 5}" text-anchor="middle">${pair}</text>`;
      for (const one of [...before, now]) {
        const d = [apart(one.start), ...one.apart].map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
        out += `<path class="line ${one.kind} ${one === now ? "" : "thin"}" style="--colour:var(${one.kind ? `--${one.kind}` : "--ink"})" d="${d}"/>`;
      }
      svg.setAttribute("height", height);
      svg.innerHTML = out;
      svg.setAttribute("aria-label", `How different the tokens are after pairs 1 to ${PAIRS}: ${now.apart.map((v) => v.toPrecision(2)).join(", ")}`);
      alike();
    }
    function alike() { // cosines of each two tokens
      const pair = +value("pair"), seen = now.seen[pair - 1], canvas = $(".like"), data = new ImageData(TOKENS, TOKENS);
      const [r, g, b] = getComputedStyle(host).color.match(/\d+/g).map(Number);
      const length = Array.from({ length: TOKENS }, (_, t) => Math.hypot(...seen.subarray(t * WIDTH, (t + 1) * WIDTH)));
      for (let s = 0; s < TOKENS; s++) for (let t = 0; t < TOKENS; t++) {
        let dot = 0;
        for (let i = 0; i < WIDTH; i++) dot += seen[s * WIDTH + i] * seen[t * WIDTH + i];
        data.data.set([r, g, b, 255 * Math.max(0, dot / (length[s] * length[t]))], 4 * (s * TOKENS + t));
      }
      canvas.getContext("2d").putImageData(data, 0, 0);
      $("[name=at]").textContent = pair;
      canvas.setAttribute("aria-label", `Cosines of each two of ${TOKENS} tokens after pair ${pair}; dark is alike. Their differences are ${now.apart[pair - 1].toPrecision(2)} of the whole.`);
    }
    for (const name of ["attention", "mlp", "bias", "seed"]) $(`[name=${name}]`).addEventListener("change", renew);
    $("[name=gain]").addEventListener("input", () => { $("[name=times]").textContent = (+value("gain")).toFixed(1) });
    $("[name=gain]").addEventListener("change", renew);
    $("[name=pair]").addEventListener("input", alike);
    renew();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, tokens };
})(typeof globalThis === "object" ? globalThis : this);
