/* The network of the residual playground: a fully connected net for points in the plane, with its
   backward pass, Adam, and the points themselves. Plain JavaScript, double precision, no page needed:
   a browser loads it as a classic script (`CourseNet`), Node by `require`, for the tests.

   Of `layers` weight layers the first leads from 2 coordinates to `width` values and the last to one
   number, whose sign is the class; between them two make a block:

     f(h) = norm2(W2 relu(norm1(W1 h + b1)) + b2)      h <- relu(h + f(h)), or relu(f(h)) when plain

   norm is BatchNorm, or nothing. Before BatchNorm there is no bias: it would be subtracted again. */
(function (root) {
  "use strict";
  const EPS = 1e-5; // of BatchNorm, as PyTorch has it
  const CHUNK = 256; // points that are worked on at once when nothing is learned

  const { uniform: random, normal } = root.CourseRandom || require("./random.js");

  class Net {
    constructor({ layers = 64, width = 12, shortcut = true, norm = true, init = "he", seed = 1 } = {}) {
      if (!(layers === 1 || (layers >= 2 && layers <= 64 && layers % 2 === 0))) {
        throw new RangeError(`Net: layers must be 1 or an even number from 2 to 64, got ${layers}`);
      }
      if (!["default", "he", "zero"].includes(init)) {
        throw new RangeError(`Net: init must be default, he or zero, got ${init}`);
      }
      Object.assign(this, { layers, width, shortcut, norm, init, seed });
      // All parameters lie in one vector, so that Adam, a copy and a test are one loop each.
      let size = 0;
      const take = (count) => (size += count) - count;
      this.parts = [];
      for (let l = 0; l < layers; l++) {
        const last = l === layers - 1;
        const ins = l === 0 ? 2 : width, outs = last ? 1 : width;
        const first = !last && l % 2 === 1, second = !last && l > 0 && l % 2 === 0; // of a block
        const part = { ins, outs, last, first, second, normed: norm && !last, w: take(ins * outs) };
        part.b = part.normed ? -1 : take(outs);
        part.gamma = part.normed ? take(outs) : -1;
        part.beta = part.normed ? take(outs) : -1;
        part.mean = new Float64Array(outs);
        part.inverse = new Float64Array(outs).fill(1); // of the standard deviation
        this.parts.push(part);
      }
      this.theta = new Float64Array(size);
      this.grad = new Float64Array(size);
      this.m = new Float64Array(size);
      this.v = new Float64Array(size);
      this.steps = 0;
      this.room = 0;
      this.start(random(seed * 7919 + 17));
    }

    /* Initial weights. Both twins draw the same numbers, since none depends on the shortcut. */
    start(uniform) {
      for (const p of this.parts) {
        const bound = 1 / Math.sqrt(p.ins); // that of PyTorch's nn.Linear
        for (let i = 0; i < p.ins * p.outs; i++) {
          // The last layer feeds no ReLU, so He's factor 2 would be too much there.
          const drawn = this.init === "default" || p.last
            ? (2 * uniform() - 1) * bound : normal(uniform) * Math.sqrt(2 / p.ins);
          this.theta[p.w + i] = drawn;
        }
        if (p.normed) this.theta.fill(1, p.gamma, p.gamma + p.outs);
        else if (this.init === "default") {
          for (let i = 0; i < p.outs; i++) this.theta[p.b + i] = (2 * uniform() - 1) * bound;
        }
        if (this.init === "zero" && p.second) { // the branch begins as nothing
          if (p.normed) this.theta.fill(0, p.gamma, p.gamma + p.outs);
          else this.theta.fill(0, p.w, p.w + p.ins * p.outs);
        }
      }
    }

    /* Buffers for n points. */
    grow(n) {
      if (n <= this.room) return;
      this.room = n;
      for (const p of this.parts) {
        p.hat = new Float64Array(n * p.outs); // after the weights, normalised
        p.out = new Float64Array(n * p.outs); // after ReLU and addition: what the next layer sees
        p.back = new Float64Array(n * p.outs); // gradient by `out`, then by what the weights give
      }
      this.nothing = new Float64Array(n * this.width);
    }

    /* The logits of n points (x has 2 n numbers). With kept, BatchNorm takes the mean and deviation
       that it had before, instead of those of these points. */
    forward(x, n, kept = false) {
      this.grow(n);
      this.x = x;
      let before = x; // what the layer sees
      let carried = null; // what entered the block
      for (const p of this.parts) {
        const { outs, hat, out } = p;
        affine(this.theta, p, before, n, hat);
        if (p.normed) normalise(p, n, kept);
        if (p.normed) scaled(this.theta, p, n);
        else out.set(n * outs === hat.length ? hat : hat.subarray(0, n * outs));
        if (p.second && this.shortcut) for (let i = 0; i < n * outs; i++) out[i] += carried[i];
        if (!p.last) for (let i = 0; i < n * outs; i++) if (!(out[i] > 0)) out[i] = 0;
        if (!p.first) carried = out;
        before = out;
      }
      return before;
    }

    /* The gradient of the mean cross-entropy of the points that went through `forward` last, by all
       parameters, into `grad`; returns the mean cross-entropy. y holds 0 and 1. */
    backward(y, n) {
      const parts = this.parts, end = parts[parts.length - 1];
      let loss = 0;
      for (let i = 0; i < n; i++) {
        const z = end.out[i];
        loss += Math.max(z, 0) - z * y[i] + Math.log1p(Math.exp(-Math.abs(z)));
        end.back[i] = (1 / (1 + Math.exp(-z)) - y[i]) / n;
      }
      for (let l = parts.length - 1; l >= 0; l--) {
        const p = parts[l], { outs, out, back } = p;
        if (!p.last) for (let i = 0; i < n * outs; i++) if (!(out[i] > 0)) back[i] = 0;
        // Along the shortcut the gradient arrives as it is. It must leave before BatchNorm, in whose
        // place `back` will hold the branch's.
        const below = l > 0 ? parts[l - 1] : null;
        if (p.second) {
          const entry = parts[l - 2]; // whose `out` was carried
          if (this.shortcut) entry.back.set(back.subarray(0, n * outs));
          else entry.back.fill(0, 0, n * outs);
        }
        if (p.normed) unnormalise(this.theta, this.grad, p, n);
        // The first layer of a block adds its gradient to what came along the shortcut.
        unaffine(this.theta, this.grad, p, below ? below.out : this.x, n, below ? below.back : null, p.first);
      }
      return loss / n;
    }

    /* One step of Adam, with the rates of the paper. */
    adam(rate) {
      const { theta, grad, m, v } = this, t = ++this.steps;
      const one = 1 - 0.9 ** t, two = Math.sqrt(1 - 0.999 ** t);
      for (let i = 0; i < theta.length; i++) {
        const g = grad[i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        theta[i] -= (rate / one) * m[i] / (Math.sqrt(v[i]) / two + 1e-8);
      }
    }

    /* Shortcuts on or off, also between two steps. Adam forgets what it has seen: it divides by the
       gradients of some thousand steps past, and those of the net without shortcuts are so large that
       the first layers would hardly move for as long (measured in benchmarks/playground.py). */
    turn(on, forget = true) {
      this.shortcut = on;
      if (!forget) return;
      this.m.fill(0);
      this.v.fill(0);
      this.steps = 0;
    }

    /* The length of each layer's gradient by its weights. */
    norms() {
      return this.parts.map((p) => {
        let sum = 0;
        for (let i = p.w; i < p.w + p.ins * p.outs; i++) sum += this.grad[i] ** 2;
        return Math.sqrt(sum);
      });
    }

    /* Loss, accuracy and the outputs' standard deviation on all points. BatchNorm keeps their mean and
       deviation, and `logits` uses them: no running average can lag behind. */
    evaluate(points) {
      const n = points.y.length, z = this.forward(points.x, n);
      let loss = 0, right = 0, sum = 0, square = 0;
      for (let i = 0; i < n; i++) {
        loss += Math.max(z[i], 0) - z[i] * points.y[i] + Math.log1p(Math.exp(-Math.abs(z[i])));
        if (z[i] > 0 === points.y[i] > 0.5) right++;
        sum += z[i];
      }
      for (let i = 0; i < n; i++) square += (z[i] - sum / n) ** 2;
      return { loss: loss / n, accuracy: right / n, spread: Math.sqrt(square / n) };
    }

    /* The logits of any points, after `evaluate`. */
    logits(x) {
      const n = x.length / 2, found = new Float64Array(n);
      for (let from = 0; from < n; from += CHUNK) {
        const count = Math.min(CHUNK, n - from);
        found.set(this.forward(x.subarray(2 * from, 2 * (from + count)), count, true).subarray(0, count), from);
      }
      return found;
    }

    /* Take over the parameters of a net of the same shape. */
    copy(other) {
      this.theta.set(other.theta);
      this.shortcut = other.shortcut;
      return this;
    }
  }

  /* hat = W before + b. */
  function affine(theta, p, before, n, hat) {
    const { ins, outs, w, b } = p;
    for (let i = 0, at = 0, to = 0; i < n; i++, at += ins) {
      for (let o = 0, row = w; o < outs; o++, row += ins) {
        let sum = b < 0 ? 0 : theta[b + o];
        for (let k = 0; k < ins; k++) sum += theta[row + k] * before[at + k];
        hat[to++] = sum;
      }
    }
  }

  /* From the gradient by hat: that by W and b, and that by `before`, added to what is there or not. */
  function unaffine(theta, grad, p, before, n, below, add) {
    const { ins, outs, w, b, back } = p;
    grad.fill(0, w, w + ins * outs);
    if (b >= 0) grad.fill(0, b, b + outs);
    if (below && !add) below.fill(0, 0, n * ins);
    for (let i = 0, at = 0, from = 0; i < n; i++, at += ins) {
      for (let o = 0, row = w; o < outs; o++, row += ins) {
        const g = back[from++];
        if (g === 0) continue;
        if (b >= 0) grad[b + o] += g;
        for (let k = 0; k < ins; k++) grad[row + k] += g * before[at + k];
        if (below) for (let k = 0; k < ins; k++) below[at + k] += g * theta[row + k];
      }
    }
  }

  /* BatchNorm without its factor and shift, in place. */
  function normalise(p, n, kept) {
    const { outs, hat } = p;
    for (let o = 0; o < outs; o++) {
      if (!kept) {
        let mean = 0, square = 0;
        for (let i = o; i < n * outs; i += outs) mean += hat[i];
        mean /= n;
        for (let i = o; i < n * outs; i += outs) square += (hat[i] - mean) * (hat[i] - mean);
        p.mean[o] = mean;
        p.inverse[o] = 1 / Math.sqrt(square / n + EPS);
      }
      const mean = p.mean[o], inverse = p.inverse[o];
      for (let i = o; i < n * outs; i += outs) hat[i] = (hat[i] - mean) * inverse;
    }
  }

  /* BatchNorm's factor and shift. */
  function scaled(theta, p, n) {
    const { outs, hat, out, gamma, beta } = p;
    for (let i = 0, at = 0; i < n; i++) {
      for (let o = 0; o < outs; o++, at++) out[at] = theta[gamma + o] * hat[at] + theta[beta + o];
    }
  }

  /* Turns p.back from the gradient by BatchNorm's output into that by its input. */
  function unnormalise(theta, grad, p, n) {
    const { outs, hat, back } = p;
    for (let o = 0; o < outs; o++) {
      let sum = 0, along = 0;
      for (let i = o; i < n * outs; i += outs) { sum += back[i]; along += back[i] * hat[i] }
      grad[p.beta + o] = sum;
      grad[p.gamma + o] = along;
      const factor = theta[p.gamma + o] * p.inverse[o];
      for (let i = o; i < n * outs; i += outs) back[i] = factor * (back[i] - sum / n - (hat[i] * along) / n);
    }
  }

  /* The points to learn from: coordinates in [-1, 1], y 0 or 1. */
  const DATA = {
    spirals(count = 200) {
      return points(count, (t, side) => [0.08 + 0.87 * t, 3.5 * Math.PI * t + side * Math.PI]);
    },
    rings(count = 200) {
      return points(count, (t, side, noise) => [[0.2, 0.75][side] + 0.1 * noise, 2 * Math.PI * t]);
    },
  };
  function points(count, polar) {
    const uniform = random(2015), half = count / 2;
    const x = new Float64Array(2 * count), y = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const side = i % 2;
      const [radius, angle] = polar((i >> 1) / (half - 1), side, normal(uniform));
      x[2 * i] = radius * Math.cos(angle);
      x[2 * i + 1] = radius * Math.sin(angle);
      y[i] = side;
    }
    return { x, y };
  }

  /* A net that learns, a batch a step; the points are shuffled each time too few are left of them. */
  class Training {
    constructor(settings, points, { rate = 0.003, batch = 32 } = {}) {
      Object.assign(this, { rate, most: batch });
      this.net = new Net(settings);
      this.uniform = random(this.net.seed * 104729 + 5);
      this.use(points);
    }

    /* Learn from these points from now on. */
    use(points) {
      this.points = points;
      this.batch = Math.min(this.most, points.y.length);
      this.order = Array.from(points.y, (_, i) => i);
      this.place = this.order.length;
      this.x = new Float64Array(2 * this.batch);
      this.y = new Float64Array(this.batch);
    }

    /* The next batch, into x and y. */
    draw() {
      const { order, batch, points, x, y } = this;
      if (this.place + batch > order.length) {
        for (let i = order.length - 1; i > 0; i--) { // Fisher and Yates
          const j = Math.floor(this.uniform() * (i + 1));
          [order[i], order[j]] = [order[j], order[i]];
        }
        this.place = 0;
      }
      for (let i = 0; i < batch; i++) {
        const from = order[this.place++];
        x[2 * i] = points.x[2 * from];
        x[2 * i + 1] = points.x[2 * from + 1];
        y[i] = points.y[from];
      }
    }

    step() {
      this.draw();
      this.net.forward(this.x, this.batch);
      const loss = this.net.backward(this.y, this.batch);
      this.net.adam(this.rate);
      return loss;
    }
  }

  const all = { Net, Training, DATA, random };
  if (typeof module === "object" && module.exports) module.exports = all;
  else root.CourseNet = all;
})(typeof globalThis === "object" ? globalThis : this);
