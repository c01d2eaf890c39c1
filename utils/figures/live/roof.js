/* The roof above a layer: how fast it can be at best, from its arithmetic and from what it moves.
   `CourseRoof` needs no page; `CourseLive.roof(box)` puts the figure into an element. */
(function (root) {
  "use strict";
  const KINDS = {
    "3x3": { kernel: 3 }, "1x1": { kernel: 1 }, "7x7, stride 2": { kernel: 7, stride: 2 }, "3x3, a group a channel": { kernel: 3, depthwise: true },
    linear: { kernel: 1, single: true }, BatchNorm: { each: 2 }, ReLU: { each: 1 },
  };
  /* Multiply-adds and bytes of a layer, and those of BatchNorm and ReLU behind it: "none", "passes", each of
     which reads and writes the whole map, or "fused", in the layer's own pass. */
  function count({ kind, channels, outs = channels, side, batch, bytes = 4, after = "none" }) {
    const { kernel, stride = 1, depthwise, single, each } = KINDS[kind];
    const inSide = single ? 1 : side, outSide = single ? 1 : Math.floor((side - 1) / stride) + 1;
    const made = each || depthwise ? channels : outs, read = batch * channels * inSide ** 2, written = batch * made * outSide ** 2;
    const weights = each ? (each - 1) * 2 * channels : kernel * kernel * (depthwise ? 1 : channels) * made;
    let work = each ? each * written : written * weights / made, moved = read + weights + written;
    if (after !== "none") work += 3 * written;
    if (after === "passes") moved += 4 * written + 2 * made;
    if (after === "fused") moved += 2 * made;
    return { work, moved: bytes * moved, perByte: work / (bytes * moved) };
  }
  /* At best: multiply-adds a second, seconds, and what sets the limit. */
  function best({ work, moved, perByte }, peak, bandwidth) {
    return { rate: Math.min(peak, bandwidth * perByte), seconds: Math.max(work / peak, moved / bandwidth), by: bandwidth * perByte < peak ? "memory" : "arithmetic" };
  }
  root.CourseRoof = { KINDS, count, best };
  if (typeof module === "object") module.exports = root.CourseRoof;
  if (!root.CourseCharts) return;

  const { CSS, follow, mount, lines, options } = root.CourseCharts;
  const powers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
  const slider = (name, said, values, at) => `<label><span>${said}: <output name="${name}-said"></output></span><input type="range" name="${name}" min="0" max="${values.length - 1}" value="${values.indexOf(at)}"></label>`;
  const VALUES = { channels: powers(0, 11), outs: powers(0, 11), side: [1, 2, 3, 6, 7, 12, 14, 24, 28, 48, 56, 96, 112, 224], batch: powers(0, 9),
    peak: [50, 100, 200, 500, 1000, 2000, 5000, 20000, 100000, 500000], bandwidth: [10, 20, 50, 100, 200, 500, 1000, 2000, 5000] };
  const BODY = `<style>${CSS} svg.roof { max-width: 640px }</style><section aria-label="The roof above a layer">
    <div class="bar"><label>Layer<select name="kind">${options(Object.keys(KINDS), "3x3")}</select></label>
      <label>Behind it<select name="after">${options([["none", "nothing"], ["passes", "BatchNorm and ReLU"], ["fused", "both, in one pass with it"]])}</select></label>
      <label>Numbers<select name="bytes">${options([["4", "of 4 bytes"], ["2", "of 2 bytes"], ["1", "of 1 byte"]])}</select></label></div>
    <div class="bar">${slider("channels", "Channels in", VALUES.channels, 64)}${slider("outs", "Channels out", VALUES.outs, 64)}${slider("side", "Side of the map", VALUES.side, 24)}${slider("batch", "Images", VALUES.batch, 64)}</div>
    <div class="bar">${slider("peak", "Processor, billion multiply-adds a second", VALUES.peak, 200)}${slider("bandwidth", "Memory, GB a second", VALUES.bandwidth, 20)}</div>
    <p class="title">Billion multiply-adds a second at best, against multiply-adds for each byte</p><svg class="roof" role="img"></svg>
    <p class="status" role="status"></p></section>`;
  const short = (v) => v >= 100 ? Math.round(v).toLocaleString("en") : String(+v.toPrecision(2));

  function roof(box) {
    const { host, $, ready } = mount(box, BODY), before = [];
    let now = null;
    const value = (name) => VALUES[name] ? VALUES[name][+$(`[name=${name}]`).value] : $(`[name=${name}]`).value;
    function draw() {
      follow(host);
      const given = Object.fromEntries(["kind", "after", "channels", "outs", "side", "batch"].map((name) => [name, value(name)]));
      const { each, depthwise, single } = KINDS[given.kind];
      $("[name=outs]").disabled = Boolean(each || depthwise);
      $("[name=side]").disabled = Boolean(single);
      for (const name of Object.keys(VALUES)) $(`[name=${name}-said]`).textContent = value(name).toLocaleString("en");
      const peak = 1e9 * value("peak"), bandwidth = 1e9 * value("bandwidth"), found = count({ ...given, bytes: +value("bytes") });
      const limit = best(found, peak, bandwidth), ridge = peak / bandwidth;
      const kept = [found.perByte, limit.rate / 1e9];
      if (now && (now[0] !== kept[0] || now[1] !== kept[1])) before.push(now);
      if (before.length > 12) before.shift();
      now = kept;
      const most = peak / 1e9, x = { from: 0.01, to: 10000, log: true, ticks: [0.01, 0.1, 1, 10, 100, 1000, 10000], said: (v) => v.toLocaleString("en") };
      const decades = [0, 1, 2, 3].map((k) => most / 10 ** k), y = { from: most / 2000, to: most * 1.3, log: true, ticks: decades, said: short };
      lines($(".roof"), [
        { points: [[0.01, bandwidth * 0.01 / 1e9], [ridge, most], [10000, most]] }, ...before.map((p) => ({ kind: "zero", points: [p], dots: 3 })), { kind: "one", points: [now], dots: 7 },
      ], x, y, { left: 64, right: 20 });
      const share = limit.rate / peak;
      $(".roof").setAttribute("aria-label", `A roof that rises until ${short(ridge)} multiply-adds a byte; the layer stands at ${short(found.perByte)} a byte and ${short(limit.rate / 1e9)} billion a second.`);
      $(".status").textContent = `${short(found.perByte)} multiply-adds for each byte; this processor needs ${short(ridge)} to be busy. The limit is ${limit.by === "memory" ? "memory" : "arithmetic"}: at best ${share < 0.01 ? (100 * share).toPrecision(1) : Math.round(100 * share)} % of what it can multiply, `
        + `${limit.seconds < 1e-3 ? `${short(1e6 * limit.seconds)} microseconds` : `${short(1e3 * limit.seconds)} milliseconds`} for ${given.batch} image${given.batch > 1 ? "s" : ""}.`;
    }
    for (const name of ["kind", "after", "bytes"]) $(`[name=${name}]`).addEventListener("change", draw);
    for (const name of Object.keys(VALUES)) $(`[name=${name}]`).addEventListener("input", draw);
    draw();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, roof };
})(typeof globalThis === "object" ? globalThis : this);
