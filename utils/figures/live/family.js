/* The networks of Table 1 at any image size: the maps of each stage, the layers counted, parameters and
   multiply-adds. `CourseFamily.count` needs no page; `CourseLive.family(box)` puts the figure there. */
(function (root) {
  "use strict";
  const BLOCKS = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] };
  const WIDTHS = [64, 128, 256, 512], LEAST = 17; // smaller images leave nothing to halve

  const after = (n, kernel, stride) => Math.floor((n + 2 * ((kernel - 1) / 2) - kernel) / stride) + 1;
  /* Rows of { name, side, channels, layers, words }, and the sums: layers, parameters, multiplyAdds. */
  function count(name, size, channels = 3, classes = 1000) {
    const deep = name >= 50, wider = deep ? 4 : 1, rows = [];
    let parameters = 0, multiplyAdds = 0, layers = 0;
    const conv = (ins, outs, kernel, side, counted = true) => { // without bias, with a BatchNorm
      parameters += ins * outs * kernel * kernel + 2 * outs;
      multiplyAdds += ins * outs * kernel * kernel * side * side;
      layers += counted ? 1 : 0;
    };
    let side = after(size, 7, 2), now = 64;
    conv(channels, 64, 7, side);
    rows.push({ name: "stem", side, channels: 64, layers: 1, words: "7x7, stride 2" });
    side = after(side, 3, 2);
    BLOCKS[name].forEach((blocks, stage) => {
      const width = WIDTHS[stage], outs = width * wider, before = layers;
      for (let block = 0; block < blocks; block++) {
        const stride = stage && !block ? 2 : 1, next = after(side, 3, stride);
        if (deep) {
          conv(now, width, 1, side);
          conv(width, width, 3, next);
          conv(width, outs, 1, next);
        } else {
          conv(now, width, 3, next);
          conv(width, width, 3, next);
        }
        if (stride > 1 || now !== outs) conv(now, outs, 1, next, false);
        side = next;
        now = outs;
      }
      rows.push({ name: `stage ${stage + 1}`, side, channels: outs, layers: layers - before, words: `${blocks} blocks of ${deep ? 3 : 2}` });
    });
    parameters += now * classes + classes;
    multiplyAdds += now * classes;
    layers += 1;
    rows.push({ name: "head", side: 1, channels: classes, layers: 1, words: "mean, linear" });
    return { rows, layers, parameters, multiplyAdds };
  }
  root.CourseFamily = { count, LEAST };
  if (typeof module === "object") module.exports = root.CourseFamily;
  if (!root.CourseCharts) return;

  const { CSS, follow, mount, options } = root.CourseCharts;
  const DATA = { imagenet: ["3 channels, 1,000 classes", 3, 1000], fashion: ["1 channel, 10 classes", 1, 10] };
  const BODY = `<style>${CSS} svg.maps { max-width: 640px } table { border-collapse: collapse; font-size: 14px } td, th { padding: 2px 12px 2px 0; text-align: left; font-variant-numeric: tabular-nums }</style>
    <section aria-label="Networks of Table 1 at any image size">
    <div class="bar"><label>Network<select name="name">${options(Object.keys(BLOCKS).map((n) => [n, `ResNet-${n}`]))}</select></label>
      <label>Images<select name="data">${options(Object.entries(DATA).map(([key, [text]]) => [key, text]))}</select></label>
      <label><span>Pixels a side: <output name="side">224</output></span><input type="range" name="size" min="8" max="448" value="224"></label></div>
    <svg class="maps" role="img"></svg><div class="table"></div><p class="status" role="status"></p></section>`;

  function family(box) {
    const { host, $, ready } = mount(box, BODY), value = (name) => $(`[name=${name}]`).value;
    const said = (number) => number.toLocaleString("en");
    function draw() {
      follow(host);
      const size = +value("size"), [, channels, classes] = DATA[value("data")], name = +value("name");
      $("[name=side]").textContent = size;
      if (size < LEAST) {
        $(".maps").innerHTML = $(".table").innerHTML = "";
        $(".maps").setAttribute("aria-label", "no network");
        $(".status").textContent = `With ${size} pixels a side the last stage would have to halve a map of one pixel. Take at least ${LEAST}.`;
        return;
      }
      const { rows, layers, parameters, multiplyAdds } = count(name, size, channels, classes);
      const width = Math.max(260, $(".maps").clientWidth || 560), slot = width / (rows.length + 1), most = Math.max(1, ...rows.map((row) => row.side));
      const high = Math.min(slot - 8, 84), square = (side) => Math.max(2, high * side / Math.max(size, most));
      let out = "";
      [{ name: "image", side: size }, ...rows].forEach((row, i) => {
        const edge = square(row.side), x = slot * (i + 0.5);
        out += `<rect x="${x - edge / 2}" y="${high - edge + 4}" width="${edge}" height="${edge}" class="fill ${i && i < rows.length && i > 1 ? "residual" : ""}" style="${i > 1 && i < rows.length ? "" : "--colour:var(--ink)"}" fill-opacity=".75"/>`
          + `<text x="${x}" y="${high + 22}" text-anchor="middle">${row.side}</text>`;
      });
      $(".maps").setAttribute("viewBox", `0 0 ${width} ${high + 30}`);
      $(".maps").innerHTML = out;
      $(".maps").setAttribute("aria-label", `Sides of the maps: image ${size}, ${rows.map((row) => `${row.name} ${row.side}`).join(", ")}`);
      $(".table").innerHTML = `<table><thead><tr><th scope="col">part</th><th scope="col">maps</th><th scope="col">layers</th><th scope="col">what</th></tr></thead><tbody>`
        + rows.map((row) => `<tr><th scope="row">${row.name}</th><td>${said(row.channels)} of ${row.side} x ${row.side}</td><td>${row.layers}</td><td>${row.words}</td></tr>`).join("") + "</tbody></table>";
      $(".status").textContent = `${rows.map((row) => row.layers).join(" + ")} = ${layers} layers with weights, projections not counted. ${said(parameters)} parameters, ${(multiplyAdds / 1e9).toPrecision(3)} billion multiply-adds.`;
    }
    for (const name of ["name", "data"]) $(`[name=${name}]`).addEventListener("change", draw);
    $("[name=size]").addEventListener("input", draw);
    draw();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, family };
})(typeof globalThis === "object" ? globalThis : this);
