/* Where a bottleneck has its stride: which places of its input it reads, and what it costs.
   `CourseStride` needs no page; `CourseLive.stride(box)` puts the figure into an element. */
(function (root) {
  "use strict";
  const SIDE = 8;
  // Of the branch's three convolutions and the shortcut: [kernel, stride, padding].
  const PLACES = {
    first: { said: "on the first 1x1 (v1)", branch: (s) => [[1, s, 0], [3, 1, 1], [1, 1, 0]], shortcut: (s) => [[1, s, 0]] },
    middle: { said: "on the 3x3 (v1.5)", branch: (s) => [[1, 1, 0], [3, s, 1], [1, 1, 0]], shortcut: (s) => [[1, s, 0]] },
    last: { said: "on the last 1x1", branch: (s) => [[1, 1, 0], [3, 1, 1], [1, s, 0]], shortcut: (s) => [[1, s, 0]] },
    pooled: { said: "on the 3x3, a mean in the shortcut", branch: (s) => [[1, 1, 0], [3, s, 1], [1, 1, 0]], shortcut: (s) => [[s, s, 0], [1, 1, 0]] },
  };
  /* On a line of `side` places: for each output, in how many ways it reads each input. */
  function ways(layers, side = SIDE) {
    let rows = Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_, k) => +(i === k)));
    for (const [kernel, stride, padding] of layers) {
      const outs = Math.floor((rows.length + 2 * padding - kernel) / stride) + 1, below = rows;
      rows = Array.from({ length: outs }, (_, o) => {
        const sum = Array(side).fill(0);
        for (let k = 0; k < kernel; k++) (below[o * stride + k - padding] || []).forEach((v, i) => { sum[i] += v });
        return sum;
      });
    }
    return rows;
  }
  /* The share of a map's places that no output reads. */
  function unread(layers) {
    const rows = ways(layers), read = rows[0].filter((_, i) => rows.some((row) => row[i])).length / SIDE;
    return 1 - read * read;
  }
  /* Multiply-adds of the block, the shortcut's among them. */
  function work(place, stride, ins = 256, outs = 512, side = 56) {
    const mid = outs / 4, channels = [[ins, mid], [mid, mid], [mid, outs]];
    let total = 0, now = side;
    PLACES[place].branch(stride).forEach(([kernel, s, padding], i) => {
      now = Math.floor((now + 2 * padding - kernel) / s) + 1;
      total += kernel * kernel * channels[i][0] * channels[i][1] * now * now;
    });
    return total + (ins !== outs || stride > 1 ? ins * outs * now * now : 0);
  }
  root.CourseStride = { PLACES, SIDE, ways, unread, work };
  if (typeof module === "object") module.exports = root.CourseStride;
  if (!root.CourseCharts) return;

  const { CSS, follow, mount, options } = root.CourseCharts;
  const BODY = `<style>${CSS} .three { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 12px; max-width: 640px } .three svg { aspect-ratio: 1 } svg.out { cursor: pointer }
    rect { stroke: var(--grid) } .none { fill: var(--ground) } .others { fill: var(--residual); fill-opacity: .18 } .chosen { fill: var(--residual) } .cross { stroke: var(--ink); opacity: .55 }</style>
    <section aria-label="Where a bottleneck has its stride">
    <div class="bar"><label>The stride sits<select name="place">${options(Object.entries(PLACES).map(([v, { said }]) => [v, said]))}</select></label>
      <label>Stride<select name="stride"><option>2</option><option>1</option></select></label>
      <label><span>Output place <output name="which"></output></span><input type="range" name="at" min="0" max="15" value="5"></label></div>
    <div class="three">${[["branch", "The branch reads"], ["shortcut", "The shortcut reads"], ["out", "The output"]].map(([name, said]) => `<div><p class="title">${said}</p><svg class="${name}" role="img"></svg></div>`).join("")}</div>
    <p class="status" role="status"></p></section>`;

  function stride(box) {
    const { host, $, ready } = mount(box, BODY), value = (name) => $(`[name=${name}]`).value;
    const cells = (svg, side, draw) => {
      svg.setAttribute("viewBox", `-1 -1 ${10 * side + 2} ${10 * side + 2}`);
      svg.innerHTML = Array.from({ length: side * side }, (_, i) => draw(Math.floor(i / side), i % side)).join("");
    };
    const cell = (kind, r, c) => `<rect class="${kind}" x="${10 * c}" y="${10 * r}" width="10" height="10" stroke-width=".6"/>` + (kind === "none" ? `<path class="cross" stroke-width=".6" d="M${10 * c + 3} ${10 * r + 3}l4 4m0 -4l-4 4"/>` : "");
    function draw() {
      follow(host);
      const place = value("place"), s = +value("stride"), lists = { branch: PLACES[place].branch(s), shortcut: PLACES[place].shortcut(s) };
      const outs = SIDE / s;
      $("[name=at]").max = outs * outs - 1;
      const at = +value("at"), row = Math.floor(at / outs), column = at % outs, counts = {};
      $("[name=which]").textContent = `row ${row + 1}, column ${column + 1}`;
      for (const [name, layers] of Object.entries(lists)) {
        const rows = ways(layers), read = (i) => rows.some((one) => one[i]);
        counts[name] = rows[row].filter(Boolean).length * rows[column].filter(Boolean).length;
        cells($(`.${name}`), SIDE, (r, c) => cell(rows[row][r] && rows[column][c] ? "chosen" : read(r) && read(c) ? "others" : "none", r, c));
        $(`.${name}`).setAttribute("aria-label", `${counts[name]} of 64 places read by the chosen output; ${Math.round(64 * unread(layers))} read by none`);
      }
      cells($(".out"), outs, (r, c) => cell(r === row && c === column ? "chosen" : "others", r, c));
      $(".out").setAttribute("aria-label", `${outs} by ${outs} outputs; chosen: row ${row + 1}, column ${column + 1}`);
      const lost = { branch: unread(lists.branch), shortcut: unread(lists.shortcut) }, both = Math.min(lost.branch, lost.shortcut), usual = work("middle", s);
      const percent = (v) => `${Math.round(100 * v)} %`, cost = work(place, s);
      $(".status").textContent = `Of the input's places the branch never reads ${percent(lost.branch)}, the shortcut ${percent(lost.shortcut)}, the block ${percent(both)} (crosses). `
        + `From 256 to 512 channels, on maps of 56: ${Math.round(cost / 1e6)} million multiply-adds, ${cost === usual ? "as v1.5" : `${(cost / usual).toFixed(2)} times v1.5`}.`;
    }
    for (const name of ["place", "stride"]) $(`[name=${name}]`).addEventListener("change", draw);
    $("[name=at]").addEventListener("input", draw);
    $(".out").addEventListener("click", (event) => {
      const frame = $(".out").getBoundingClientRect(), outs = SIDE / +value("stride"), part = (v) => Math.max(0, Math.min(outs - 1, Math.floor(v * outs)));
      $("[name=at]").value = part((event.clientY - frame.top) / frame.height) * outs + part((event.clientX - frame.left) / frame.width);
      draw();
    });
    draw();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, stride };
})(typeof globalThis === "object" ? globalThis : this);
