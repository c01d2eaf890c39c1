/* Prints, for the settings given as JSON: a net's parameters, the gradient that it computes, and that
   by finite differences; then what five steps of Adam make of the parameters. */
"use strict";
const { Net, Training, DATA } = require("../../utils/figures/live/engine.js");

function loss(net, { x, y }) {
  const z = net.forward(x, y.length);
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum -= y[i] ? -Math.log1p(Math.exp(-z[i])) : -Math.log1p(Math.exp(z[i]));
  return sum / y.length;
}

function differences(net, points) {
  return net.theta.map((value, i) => {
    const [above, below] = [1e-6, -1e-6].map((by) => {
      net.theta[i] = value + by;
      const found = loss(net, points);
      net.theta[i] = value;
      return found;
    });
    return (above - below) / 2e-6;
  });
}

const { count, ...settings } = JSON.parse(process.argv[2]), points = DATA.spirals(count);
const training = new Training(settings, points, { batch: count }), { net } = training;
const theta = net.theta.slice(), logits = net.forward(points.x, count).slice(0, count);
const found = net.backward(points.y, count), grad = net.grad.slice(), norms = net.norms();
const numeric = net.layers <= 8 ? differences(net, points) : null;
const batches = Array.from({ length: 5 }, () => {
  training.step();
  return { x: Array.from(training.x), y: Array.from(training.y) };
});
const list = (values) => values && Array.from(values);
const parts = net.parts.map(({ ins, outs, w, b, gamma, beta }) => ({ ins, outs, w, b, gamma, beta }));
process.stdout.write(JSON.stringify({ parts, x: list(points.x), y: list(points.y), theta: list(theta), norms,
  logits: list(logits), loss: found, grad: list(grad), numeric: list(numeric), batches, after: list(net.theta) }));
