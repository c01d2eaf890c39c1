/* Trains nets of the residual playground without a page: `node benchmarks/playground.js JOB`, where
   JOB is JSON; prints JSON. `benchmarks/playground.py` says what it is asked. */
"use strict";
const { Net, Training, DATA } = require("../utils/figures/live/engine.js");

/* The standard deviation of the outputs over all points: near 0, the net can't tell them apart. */
function spread(net, points) {
  const n = points.y.length, z = net.forward(points.x, n).slice(0, n);
  const mean = z.reduce((sum, value) => sum + value, 0) / n;
  return Math.sqrt(z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
}

/* One net: the step at which it reached the threshold (null if never), and where it stood then, at
   the end if it is to train the `whole` time. `turn` is a step at which its shortcuts
   are switched, and whether Adam then forgets. */
function train({ data, rate, steps, every, threshold, turn = 0, forget = false, whole = false, ...settings }) {
  const points = DATA[data](), training = new Training(settings, points, { rate }), net = training.net;
  const run = { reached: null, accuracy: 0, best: 0, spread: spread(net, points), curve: [] };
  for (let step = 1; step <= steps; step++) {
    training.step();
    if (step === 1) [run.first, run.last] = [net.norms()[0], net.norms().at(-2)];
    if (step === turn) {
      run.before = net.evaluate(points).accuracy;
      net.turn(!net.shortcut, forget);
      run.after = net.evaluate(points).accuracy;
    }
    if (step % every === 0) {
      run.accuracy = net.evaluate(points).accuracy;
      run.best = Math.max(run.best, run.accuracy);
      run.curve.push(run.accuracy);
      if (run.accuracy >= threshold && step > turn) run.reached ??= step;
      if (run.reached && !whole) break;
    }
  }
  return run;
}

/* What the picture of the two twins after `steps` steps needs. */
function picture({ data, rate, steps, side, ...settings }) {
  const points = DATA[data](), training = new Training(settings, points, { rate });
  training.step();
  const norms = training.net.norms();
  for (let step = 1; step < steps; step++) training.step();
  const { accuracy } = training.net.evaluate(points), grid = new Float64Array(2 * side * side);
  for (let i = 0; i < side * side; i++) {
    grid[2 * i] = -1 + (2 * ((i % side) + 0.5)) / side;
    grid[2 * i + 1] = -1 + (2 * (Math.floor(i / side) + 0.5)) / side;
  }
  const level = Array.from(training.net.logits(grid), (z) => Math.round(9 / (1 + Math.exp(-z))));
  const rows = Array.from({ length: side }, (_, r) => level.slice(r * side, (r + 1) * side).join(""));
  return { norms, accuracy, rows, x: Array.from(points.x), y: Array.from(points.y) };
}

/* Steps a second, after those in which the browser's or Node's compiler warms up. */
function speed({ data, steps, ...settings }) {
  const training = new Training(settings, DATA[data]());
  for (let step = 0; step < 100; step++) training.step();
  const start = process.hrtime.bigint();
  for (let step = 0; step < steps; step++) training.step();
  return { "steps a second": steps / (Number(process.hrtime.bigint() - start) / 1e9) };
}

const { what, seeds, ...job } = JSON.parse(process.argv[2]);
const found = what === "train" ? seeds.map((seed) => train({ ...job, seed }))
  : what === "picture" ? picture(job) : speed(job);
process.stdout.write(JSON.stringify(found, (key, value) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value));
