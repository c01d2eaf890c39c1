/* What the engine says, for the benchmark and the tests: `node benchmarks/live_resnet.js` reads a request from its input,
   { folder, kind, wasm, runs: [{ count, plan, fresh, shortcut }], weights }, and prints logits. Weights are
   those of the page, or, where `weights` gives a file of {name: [shape, numbers]}, those. */
"use strict";
const fs = require("fs"), path = require("path");
const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const load = (name) => (0, eval)(fs.readFileSync(path.join(asked.folder, name), "utf8"));
load("kernels.js");
load("stream.js");
load("resnet-residual.js");
load("resnet-plain.js");
const { Stream, tensors, bytes } = globalThis.CourseStream, held = globalThis.CourseResNet;
const exact = asked.weights && JSON.parse(fs.readFileSync(asked.weights, "utf8"));
const weights = exact
  ? Object.fromEntries(Object.entries(exact).map(([name, numbers]) => [name, Float32Array.from(numbers)]))
  : tensors(held[asked.kind]);
const pixels = bytes(held.images.pixels), most = Math.max(...asked.runs.map((run) => run.count));
const stream = new Stream(weights, most, asked.wasm ? bytes(globalThis.CourseKernels) : null);
const found = asked.runs.map(({ count, plan, fresh, shortcut, maps }) => {
  const steps = plan || stream.whole(shortcut), start = performance.now();
  const { logits, norms, maps: seen } = stream.now(pixels, count, steps, { fresh, maps });
  const ms = performance.now() - start;
  const again = stream.now(pixels, Math.min(3, count), steps, { norms });
  return { ms, logits: logits.map((l) => [...l]), again: again.logits.map((l) => [...l]), maps: (seen || []).map((m) => [...m]) };
});
process.stdout.write(JSON.stringify({ wasm: stream.kernels.wasm, found, labels: [...bytes(held.images.labels)] }));
