/* Five orders of the same layers: what becomes of the stream, block by block, before training. Units
   instead of maps, the arithmetic of chapter 9. `CourseOrders` needs no page; `CourseLive.orders(box)` puts
   the figure into an element. */
(function (root) {
  "use strict";
  const WIDTH = 48, POINTS = 96, BLOCKS = 24, EPS = 1e-5;
  const { uniform, normal } = root.CourseRandom || require("./random.js");
  const ORDERS = { a: "original", b: "BN after addition", c: "ReLU before addition", d: "ReLU-only pre-activation", e: "full pre-activation" };

  const relu = (x) => x.map((v) => Math.max(0, v)), add = (x, y) => x.map((v, i) => v + y[i]);
  function norm(x) { // of each unit over the points; BatchNorm in train mode, with its initial scale and shift
    const y = new Float64Array(x.length);
    for (let u = 0; u < WIDTH; u++) {
      let mean = 0, variance = 0;
      for (let i = u; i < x.length; i += WIDTH) mean += x[i] / POINTS;
      for (let i = u; i < x.length; i += WIDTH) variance += (x[i] - mean) ** 2 / POINTS;
      const by = 1 / Math.sqrt(variance + EPS);
      for (let i = u; i < x.length; i += WIDTH) y[i] = (x[i] - mean) * by;
    }
    return y;
  }
  const layer = (w) => (x) => {
    const y = new Float64Array(x.length);
    for (let r = 0; r < x.length; r += WIDTH) for (let o = 0; o < WIDTH; o++) {
      let sum = 0;
      for (let i = 0; i < WIDTH; i++) sum += w[o * WIDTH + i] * x[r + i];
      y[r + o] = sum;
    }
    return y;
  };
  function block(order, x, c1, c2) {
    const r = relu, b = norm;
    if (order === "a") return r(add(x, b(c2(r(b(c1(x)))))));
    if (order === "b") return r(b(add(x, c2(r(b(c1(x)))))));
    if (order === "c") return add(x, r(b(c2(r(b(c1(x)))))));
    if (order === "d") return add(x, b(c2(r(b(c1(r(x)))))));
    return add(x, c2(r(b(c1(r(b(x)))))));
  }
  function correlation(x, y) {
    const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length, [p, q] = [mean(x), mean(y)];
    let xy = 0, xx = 0, yy = 0;
    for (let i = 0; i < x.length; i++) { xy += (x[i] - p) * (y[i] - q); xx += (x[i] - p) ** 2; yy += (y[i] - q) ** 2 }
    return xy / Math.sqrt(xx * yy);
  }
  /* Of the stream after each block: mean, standard deviation, share of zeros, and its correlation with what
     entered the first block. Every order gets the same input and the same weights. */
  function walk({ order = "a", seed = 1, blocks = BLOCKS, gain = 1, keep = false } = {}) {
    const draw = uniform(seed), take = (count, by) => Float64Array.from({ length: count }, () => by * normal(draw));
    const start = take(POINTS * WIDTH, 1), streams = [start], weights = [];
    let x = start;
    for (let i = 0; i < blocks; i++) {
      const [one, two] = [0, 1].map(() => take(WIDTH * WIDTH, gain * Math.sqrt(2 / WIDTH))); // He's
      x = block(order, x, layer(one), layer(two));
      streams.push(x);
      if (keep) weights.push([one, two]);
    }
    const of = (x) => {
      const mean = x.reduce((a, b) => a + b, 0) / x.length;
      return { mean, spread: Math.sqrt(x.reduce((a, v) => a + (v - mean) ** 2, 0) / x.length),
        zeros: x.filter((v) => v === 0).length / x.length, left: correlation(start, x) };
    };
    return { found: streams.map(of), streams, weights };
  }
  root.CourseOrders = { walk, ORDERS, WIDTH, POINTS, BLOCKS };
  if (typeof module === "object") module.exports = root.CourseOrders;
  if (!root.CourseCharts) return;

  const { CSS, follow, mount, lines, options, natural } = root.CourseCharts, decimal = (v) => String(+v.toPrecision(2));
  const SHOWN = {
    left: ["what is left of the input (correlation)", { from: 0, to: 1, ticks: [0, 0.5, 1] }],
    mean: ["mean of the stream", { from: 0, to: 12, ticks: [0, 4, 8, 12] }],
    spread: ["standard deviation of the stream", { from: 0, to: 12, ticks: [0, 4, 8, 12] }],
    zeros: ["share of zeros", { from: 0, to: 1, ticks: [0, 0.5, 1] }],
  };
  const BODY = `<style>${CSS} .both { display: grid; grid-template-columns: 1.5fr 1fr; gap: 14px } @container (max-width: 599px) { .both { grid-template-columns: 1fr } }</style>
    <section aria-label="Five orders of the same layers">
    <div class="bar"><label>Order<select name="order">${options(Object.entries(ORDERS).map(([k, text]) => [k, `${k}, ${text}`]))}</select></label>
      <label>Shown<select name="what">${options(Object.entries(SHOWN).map(([k, [text]]) => [k, text]))}</select></label>
      <label><span>After block <output name="after">24</output></span><input type="range" name="block" min="0" max="${BLOCKS}" value="${BLOCKS}"></label>
      <label>Seed<input type="number" name="seed" min="1" max="9999" value="1"></label></div>
    <div class="both"><div><p class="title">By block, all five; <span name="said"></span></p><svg class="curve" role="img"></svg></div>
      <div><p class="title">The stream's values there</p><svg class="bins" role="img"></svg></div></div>
    <p class="status" role="status"></p></section>`;

  function orders(box) {
    const { host, $, ready } = mount(box, BODY), value = (name) => $(`[name=${name}]`).value;
    let all = {};
    function renew() {
      const seed = natural(value("seed"));
      all = Object.fromEntries(Object.keys(ORDERS).map((order) => [order, walk({ order, seed })]));
      draw();
    }
    function draw() {
      follow(host);
      const order = value("order"), what = value("what"), at = +value("block"), [said, y] = SHOWN[what], { found, streams } = all[order];
      $("[name=after]").textContent = at;
      $("[name=said]").textContent = said;
      const top = Math.max(y.to, ...Object.values(all).map((one) => one.found[BLOCKS][what]));
      const scale = top > y.to ? { ...y, to: top, ticks: [0, 1, 2, 3].map((k) => Math.round(k * top / 3)) } : y;
      const { across } = lines($(".curve"), Object.keys(ORDERS).map((k) => ({ kind: k === order ? "residual" : "", thin: k !== order, name: k,
        points: all[k].found.map((one, i) => [i, one[what]]) })), { from: 0, to: BLOCKS, ticks: [0, 6, 12, 18, 24] }, scale, { right: 24 });
      $(".curve").innerHTML += `<line class="dash" x1="${across(at)}" x2="${across(at)}" y1="10" y2="186"/>`;
      $(".curve").setAttribute("aria-label", `${said} after block ${at}: ${Object.keys(ORDERS).map((k) => `${k} ${decimal(all[k].found[at][what])}`).join(", ")}`);
      histogram(streams[at]);
      const now = found[at], least = Math.min(...streams[at]);
      $(".status").textContent = `${order}, ${ORDERS[order]}, after block ${at}: mean ${decimal(now.mean)}, standard deviation ${decimal(now.spread)}, `
        + `${least >= 0 ? "no negative value" : `least value ${decimal(least)}`}, ${Math.round(100 * now.zeros)} % zeros. With what entered it correlates at ${now.left.toFixed(2)}.`;
    }
    function histogram(values) {
      const svg = $(".bins"), width = Math.max(200, svg.clientWidth || 260), height = 210, count = 25, low = Math.min(0, ...values), high = Math.max(...values, low + 1e-9);
      const bins = Array(count).fill(0);
      for (const v of values) bins[Math.min(count - 1, Math.floor((v - low) / (high - low) * count))]++;
      const most = Math.max(...bins), slot = (width - 12) / count, x = (v) => 6 + (v - low) / (high - low) * (width - 12);
      svg.setAttribute("height", height);
      svg.innerHTML = bins.map((n, i) => `<rect class="fill residual" x="${(6 + i * slot).toFixed(1)}" width="${(slot - 1).toFixed(1)}" y="${186 - 172 * n / most}" height="${172 * n / most}"/>`).join("")
        + `<line class="dash" x1="${x(0)}" x2="${x(0)}" y1="8" y2="186"/><text x="${Math.min(Math.max(x(0), 8), width - 8)}" y="204" text-anchor="middle">0</text>`
        + (low < 0 ? `<text x="6" y="204">${decimal(low)}</text>` : "") + `<text x="${width - 6}" y="204" text-anchor="end">${decimal(high)}</text>`;
      svg.setAttribute("aria-label", `Histogram of the stream from ${decimal(low)} to ${decimal(high)}`);
    }
    $("[name=seed]").addEventListener("change", renew);
    for (const name of ["order", "what"]) $(`[name=${name}]`).addEventListener("change", draw);
    $("[name=block]").addEventListener("input", draw);
    renew();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, orders };
})(typeof globalThis === "object" ? globalThis : this);
