/* Cover a part of an image, and see what the network of chapter 12 says then; beside it, where its Grad-CAM
   says that it looks. `CourseCover` needs no page; `CourseLive.cover(box)` puts the figure into an element. */
(function (root) {
  "use strict";
  const { SIDE, CHANNELS, softmax, best } = root.CourseStream || require("./stream.js"), IMAGE = 28;
  const FILLS = { black: () => 0, grey: () => 73, noise: (row, column) => (row * 7919 + column * 104729 + row * column * 31) % 256 };

  /* An image with a square around a place filled. */
  function covered(pixels, row, column, size, fill) {
    const found = Uint8Array.from(pixels), from = (at) => Math.round(at - size / 2);
    for (let r = Math.max(0, from(row)); r < Math.min(IMAGE, from(row) + size); r++) {
      for (let c = Math.max(0, from(column)); c < Math.min(IMAGE, from(column) + size); c++) found[IMAGE * r + c] = FILLS[fill](r, c);
    }
    return found;
  }
  /* The image covered around each second pixel, 14 by 14 images in one array. */
  function everywhere(pixels, size, fill) {
    const found = new Uint8Array(SIDE * SIDE * IMAGE * IMAGE);
    for (let i = 0; i < SIDE * SIDE; i++) found.set(covered(pixels, 2 * Math.floor(i / SIDE) + 1, 2 * (i % SIDE) + 1, size, fill), i * IMAGE * IMAGE);
    return found;
  }
  /* Grad-CAM of the head's input, from the stream after the last block. The head is linear in the means of
     these maps, so the mean gradient over a map is its weight by the number of places. */
  function cam(net, map, label) {
    const { scale, shift } = net.norm("bn", 0, 0, false), w = net.weights["fc.weight"], found = new Float64Array(SIDE * SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) {
      let sum = 0;
      for (let c = 0; c < CHANNELS; c++) sum += w[label * CHANNELS + c] / (SIDE * SIDE) * Math.max(0, map[i * CHANNELS + c] * scale[c] + shift[c]);
      found[i] = Math.max(0, sum);
    }
    return found;
  }
  /* Spearman's rank correlation; equal values share their mean rank. NaN where a side is constant. */
  function ranked(a, b) {
    const ranks = (values) => {
      const order = Array.from(values, (_, i) => i).sort((i, k) => values[i] - values[k]), found = new Float64Array(values.length);
      for (let i = 0; i < order.length;) {
        let end = i;
        while (end < order.length && values[order[end]] === values[order[i]]) end++;
        for (let k = i; k < end; k++) found[order[k]] = (i + end - 1) / 2;
        i = end;
      }
      return found;
    };
    const [p, q] = [ranks(a), ranks(b)], middle = (p.length - 1) / 2;
    let pq = 0, pp = 0, qq = 0;
    for (let i = 0; i < p.length; i++) { pq += (p[i] - middle) * (q[i] - middle); pp += (p[i] - middle) ** 2; qq += (q[i] - middle) ** 2 }
    return pq / Math.sqrt(pp * qq);
  }
  root.CourseCover = { covered, everywhere, cam, ranked, FILLS };
  if (typeof module === "object") module.exports = root.CourseCover;
  if (!root.CourseCharts) return;

  const { Stream, tensors, bytes } = root.CourseStream, { CSS, mount, palette, options, sliced } = root.CourseCharts;
  const BODY = `<style>${CSS} .three { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 14px; max-width: 720px } canvas { image-rendering: pixelated; max-width: 230px; margin: 0 }
    canvas.shown { cursor: crosshair; touch-action: none } .answers { font-variant-numeric: tabular-nums; margin: 8px 0; min-height: 3em }
    @container (max-width: 599px) { .three { grid-template-columns: 1fr 1fr } }</style><section aria-label="Cover a part of an image">
    <div class="bar"><label><span>Image <output name="number"></output></span><input type="range" name="image" min="0" max="199" value="8"></label>
      <label><span>Square: <output name="pixels"></output> pixels</span><input type="range" name="size" min="2" max="16" step="2" value="8"></label>
      <label>Filled with<select name="fill">${options(Object.keys(FILLS))}</select></label></div>
    <div class="three"><div><p class="title">Drag the square, or use the arrow keys</p><canvas class="shown" width="28" height="28" tabindex="0" role="application"></canvas></div>
      <div><p class="title">What covering costs the answer</p><canvas class="costs" width="14" height="14" role="img"></canvas></div>
      <div><p class="title">Grad-CAM of the last block</p><canvas class="cam" width="14" height="14" role="img"></canvas></div></div>
    <p class="answers"></p><p class="status" role="status"></p></section>`;

  function cover(box) {
    const held = root.CourseResNet, { host, $, ready } = mount(box, BODY), value = (name) => $(`[name=${name}]`).value;
    const { classes } = held.images, all = bytes(held.images.pixels), labels = bytes(held.images.labels);
    const weights = tensors(held.residual), code = root.CourseKernels ? bytes(root.CourseKernels) : null;
    const one = new Stream(weights, 1, code), many = new Stream(weights, SIDE * SIDE, code), plan = one.whole(true);
    let at = [14, 14], job = null, costs = null, map = null, says = 0, sure = 0, settled = "";

    const image = () => all.subarray(784 * value("image"), 784 * (+value("image") + 1));
    const answer = (pixels, maps) => {
      const { logits, maps: seen } = one.now(pixels, 1, plan, { maps });
      return { chances: softmax(logits[logits.length - 1]), last: seen[seen.length - 1] };
    };
    const percent = (v) => `${(100 * v).toFixed(v > 0.995 && v < 1 ? 1 : 0)} %`;

    /* Another image, square or filling: the uncovered answer, Grad-CAM, and, in slices, every place covered. */
    function renew() {
      const { chances, last } = answer(image(), true);
      says = best(chances);
      sure = chances[says];
      map = cam(one, last, says);
      costs = null;
      settled = "Every place is being covered \u2026";
      const mine = job = many.run(everywhere(image(), +value("size"), value("fill")), SIDE * SIDE, plan);
      draw();
      sliced(mine, host, () => job === mine, settle);
    }
    function settle({ logits }) {
      const end = logits[logits.length - 1], count = classes.length;
      const answers = Array.from({ length: SIDE * SIDE }, (_, i) => softmax(end.subarray(count * i, count * (i + 1))));
      costs = answers.map((chances) => sure - chances[says]);
      const turned = answers.filter((chances) => best(chances) !== says).length, agree = ranked(costs, map);
      settled = `Of ${SIDE * SIDE} places to cover, ${turned} change${turned === 1 ? "s" : ""} the answer. ${Number.isFinite(agree) ? `The two maps agree at ${agree.toFixed(2)} (rank correlation; 1 would be the same order).` : "Grad-CAM is the same everywhere."}`;
      draw();
    }
    function paint(canvas, side, shade) {
      const colours = palette(host), data = new ImageData(side, side);
      for (let i = 0; i < side * side; i++) {
        const [strength, to] = shade(i, colours);
        for (let c = 0; c < 3; c++) data.data[4 * i + c] = colours.ground[c] + strength * (to[c] - colours.ground[c]);
        data.data[4 * i + 3] = 255;
      }
      canvas.getContext("2d").putImageData(data, 0, 0);
    }
    function draw() {
      const size = +value("size"), pixels = covered(image(), at[0], at[1], size, value("fill")), { chances } = answer(pixels, false), now = best(chances);
      $("[name=number]").textContent = +value("image") + 1;
      $("[name=pixels]").textContent = size;
      const from = (v) => Math.round(v - size / 2), within = (i) => {
        const [r, c] = [Math.floor(i / IMAGE), i % IMAGE];
        return r >= from(at[0]) && r < from(at[0]) + size && c >= from(at[1]) && c < from(at[1]) + size;
      };
      paint($(".shown"), IMAGE, (i, { ink, one: purple }) => within(i) ? [0.35 + 0.5 * pixels[i] / 255, purple] : [pixels[i] / 255, ink]);
      const most = costs ? Math.max(0.01, ...costs.map(Math.abs)) : 1, top = Math.max(1e-9, ...map);
      paint($(".costs"), SIDE, (i, { zero, one: purple }) => costs ? [Math.abs(costs[i]) / most, costs[i] > 0 ? purple : zero] : [0, zero]);
      paint($(".cam"), SIDE, (i, { one: purple }) => [map[i] / top, purple]);
      const right = classes[labels[+value("image")]];
      $(".answers").textContent = `Uncovered: ${classes[says]}, ${percent(sure)}. Covered there: ${classes[now]}, ${percent(chances[now])}${now === says ? "" : `; ${classes[says]} is left with ${percent(chances[says])}`}. It is labelled: ${right}.`;
      $(".status").textContent = settled;
      $(".shown").setAttribute("aria-label", `A test image labelled ${right}, covered around row ${at[0]}, column ${at[1]}. Arrow keys move the square. The answer is ${classes[now]}.`);
      $(".costs").setAttribute("aria-label", costs ? `What covering each place costs the answer, at most ${percent(Math.max(...costs))}; where it helps, in another colour` : "Being computed");
      $(".cam").setAttribute("aria-label", "Grad-CAM; dark where it says that the network looks");
    }
    function moveTo(row, column) {
      at = [row, column].map((v) => Math.max(0, Math.min(IMAGE, v)));
      draw();
    }
    const shown = $(".shown"), point = (event) => {
      const frame = shown.getBoundingClientRect();
      moveTo(Math.round((event.clientY - frame.top) / frame.height * IMAGE), Math.round((event.clientX - frame.left) / frame.width * IMAGE));
    };
    shown.addEventListener("pointerdown", (event) => { shown.setPointerCapture(event.pointerId); point(event) });
    shown.addEventListener("pointermove", (event) => { if (shown.hasPointerCapture(event.pointerId)) point(event) });
    shown.addEventListener("keydown", (event) => {
      const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!by) return;
      event.preventDefault();
      moveTo(at[0] + by[0], at[1] + by[1]);
    });
    for (const name of ["image", "size"]) $(`[name=${name}]`).addEventListener("input", () => { $("[name=number]").textContent = +value("image") + 1; $("[name=pixels]").textContent = value("size") });
    for (const name of ["image", "size", "fill"]) $(`[name=${name}]`).addEventListener("change", renew);
    renew();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, cover };
})(typeof globalThis === "object" ? globalThis : this);
