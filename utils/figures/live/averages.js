/* One network, tested twice: with BatchNorm's running averages, and with the statistics of the points at
   hand. `CourseAverages.watch` needs no page; `CourseLive.averages(box)` puts the figure into an element. */
(function (root) {
  "use strict";
  const { Training, DATA } = root.CourseNet || require("./engine.js");
  const LAYERS = 20, BATCH = 32, STEPS = 160, EVERY = 4, EPS = 1e-5, FORCE = 0.9; // of SGD: its momentum

  /* A residual net under plain SGD with momentum, and the averages that BatchNorm keeps beside it. */
  class Watched {
    constructor({ rate = 0.05, momentum = 0.1, seed = 1, layers = LAYERS } = {}) {
      this.training = new Training({ layers, seed }, DATA.rings(), { batch: BATCH });
      Object.assign(this, { net: this.training.net, rate, momentum });
      this.velocity = new Float64Array(this.net.theta.length);
      this.kept = this.net.parts.filter((p) => p.normed).map((p) => ({ part: p,
        mean: new Float64Array(p.outs), variance: new Float64Array(p.outs).fill(1) })); // as PyTorch begins
    }
    /* One batch. The averages move, and the weights do if they learn. */
    step(learns = true) {
      const { training, net, velocity, momentum } = this, n = training.batch;
      training.draw();
      net.forward(training.x, n);
      for (const { part, mean, variance } of this.kept) for (let o = 0; o < part.outs; o++) {
        const unbiased = (1 / part.inverse[o] ** 2 - EPS) * n / (n - 1);
        mean[o] += momentum * (part.mean[o] - mean[o]);
        variance[o] += momentum * (unbiased - variance[o]);
      }
      if (!learns) return;
      net.backward(training.y, n);
      for (let i = 0; i < velocity.length; i++) {
        velocity[i] = FORCE * velocity[i] + net.grad[i];
        net.theta[i] -= this.rate * velocity[i];
      }
    }
    /* The share of all points that the same weights get right, with either statistics. */
    test(running) {
      const { points } = this.training, { net } = this, n = points.y.length;
      if (!running) return net.evaluate(points).accuracy;
      for (const { part, mean, variance } of this.kept) {
        part.mean.set(mean);
        part.inverse.set(variance.map((v) => 1 / Math.sqrt(v + EPS)));
      }
      const z = net.forward(points.x, n, true);
      let right = 0;
      for (let i = 0; i < n; i++) if (z[i] > 0 === points.y[i] > 0.5) right++;
      return right / n;
    }
  }
  /* Both tests every few steps. From step `hold` on the weights stand still. */
  function watch({ steps = STEPS, hold = Infinity, ...settings } = {}) {
    const one = new Watched(settings), found = { step: [], running: [], batch: [] };
    for (let step = 1; step <= steps; step++) {
      one.step(step <= hold);
      if (step % EVERY) continue;
      found.step.push(step);
      found.running.push(one.test(true));
      found.batch.push(one.test(false));
    }
    return found;
  }
  root.CourseAverages = { Watched, watch, STEPS, EVERY };
  if (typeof module === "object") module.exports = root.CourseAverages;
  if (!root.CourseCharts) return;

  const { CSS, follow, mount, lines, options, natural } = root.CourseCharts;
  const BODY = `<style>${CSS}</style><section aria-label="One network, tested with two kinds of statistics">
    <div class="bar"><label>Learning rate<select name="rate">${options([0.001, 0.005, 0.02, 0.05, 0.2, 0.5], 0.2)}</select></label>
      <label>Averages move by<select name="momentum">${options([0.01, 0.03, [0.1, "0.1 (PyTorch)"], 0.3, 1], 0.1)}</select></label>
      <label>Weights stand still<select name="hold">${options([[Infinity, "never"], ...[4, 8, 16, 32, 64].map((v) => [v, `after step ${v}`])])}</select></label>
      <label>Layers<select name="layers">${options([4, 8, 20, 40, 64], LAYERS)}</select></label>
      <label>Seed<input type="number" name="seed" min="1" max="9999" value="1"></label></div>
    <p class="title">Points classified correctly by the same weights, after each step</p><svg class="both" role="img"></svg>
    <p class="status" role="status"></p></section>`;
  const percent = (part) => `${Math.round(100 * part)} %`;

  function averages(box) {
    const { host, $, ready } = mount(box, BODY), value = (name) => $(`[name=${name}]`).value;
    let found = null, told = "";
    function renew() {
      found = watch({ rate: +value("rate"), momentum: +value("momentum"), hold: +value("hold"), layers: +value("layers"),
        seed: natural(value("seed")) });
      const { step, running, batch } = found, worst = batch.reduce((most, b, i) => b - running[i] > batch[most] - running[most] ? i : most, 0);
      const [last, hold] = [step.length - 1, +value("hold")];
      const agree = step.find((_, i) => step.slice(i).every((_, k) => Math.abs(batch[i + k] - running[i + k]) < 0.05));
      told = `The gap is widest after step ${step[worst]}: ${percent(running[worst])} with the running averages, ${percent(batch[worst])} with the points' own statistics, by the same weights. `
        + (agree === undefined ? `After step ${step[last]} the two still differ.` : agree === step[0] ? "The two never differ by more than 5 points." : agree === step[last] ? `They are more than 5 points apart until step ${step[last - 1]}, almost to the end.` : `From step ${agree} on they stay within 5 points of each other.`)
        + (hold < Infinity ? ` Since step ${hold} no weight has changed: whatever still moves is the averages.` : "");
      draw();
    }
    function draw() {
      follow(host);
      if (!found) return;
      const { step, running, batch } = found, points = (values) => values.map((v, i) => [step[i], v]), hold = +value("hold");
      const { across } = lines($(".both"), [
        { kind: "zero", points: points(running), name: "running" }, { kind: "one", points: points(batch), name: "own", second: true },
      ], { from: 0, to: STEPS, ticks: [0, 40, 80, 120, 160] }, { from: 0.4, to: 1, ticks: [0.4, 0.6, 0.8, 1], said: percent }, { right: 64 });
      if (hold < Infinity) $(".both").innerHTML += `<line class="dash" x1="${across(hold)}" x2="${across(hold)}" y1="10" y2="186"/><text x="${across(hold) + 5}" y="${182}">weights stand still</text>`;
      $(".both").setAttribute("aria-label", `Share of points classified correctly. With running averages: ${running.filter((_, i) => i % 5 === 0).map(percent).join(", ")}. With their own statistics: ${batch.filter((_, i) => i % 5 === 0).map(percent).join(", ")}.`);
      $(".status").textContent = told;
    }
    for (const name of ["rate", "momentum", "hold", "layers", "seed"]) $(`[name=${name}]`).addEventListener("change", renew);
    renew();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, averages };
})(typeof globalThis === "object" ? globalThis : this);
