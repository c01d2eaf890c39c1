/* What a place on a map of a residual network can see, and what it looks at before training.
   `CourseSight` needs no page; `CourseLive.sight(box)` puts the figure into an element. */
(function (root) {
  "use strict";
  const BLOCKS = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] };
  const CIFAR = [20, 32, 44, 56, 110];

  /* A network as stem and blocks; each is a list of [kernel, stride], where it stands, and the image's side. */
  function built(name, version = "v1.5") {
    const small = CIFAR.includes(name), deep = !small && name >= 50;
    const stages = small ? Array(3).fill((name - 2) / 6) : BLOCKS[name], blocks = [];
    stages.forEach((count, stage) => {
      for (let i = 0; i < count; i++) {
        const s = stage && !i ? 2 : 1, [first, middle] = version === "v1" ? [s, 1] : [1, s];
        blocks.push({ stage: stage + 1, layers: deep ? [[1, first], [3, middle], [1, 1]] : [[3, s], [3, 1]] });
      }
    });
    return { stem: small ? [[3, 1]] : [[7, 2], [3, 2]], blocks, image: small ? 32 : 224 };
  }
  /* What reaches a place through a kernel whose neighbours are `step` pixels apart: as much from each. */
  function through(profile, kernel, step) {
    const reach = (kernel - 1) * step, found = new Float64Array(profile.length + reach);
    for (let k = 0; k < kernel; k++) for (let i = 0; i < profile.length; i++) found[i + k * step] += profile[i] / kernel;
    return found;
  }
  /* The field, the step and the profile after the stem and so many blocks. The profile holds, for each column
     of pixels, the share of the squared gradient that is expected there if all weights are independent and
     a branch passes on as much as its shortcut. */
  function seen(name, after, { version = "v1.5", shortcut = true } = {}) {
    const { stem, blocks, image } = built(name, version);
    let profile = Float64Array.of(1), step = 1;
    for (const [kernel, stride] of stem) {
      profile = through(profile, kernel, step);
      step *= stride;
    }
    for (const { layers } of blocks.slice(0, after)) {
      let branch = profile;
      for (const [kernel, stride] of layers) {
        branch = through(branch, kernel, step);
        step *= stride;
      }
      const edge = (branch.length - profile.length) / 2;
      if (shortcut) profile.forEach((v, i) => { branch[i + edge] += v });
      profile = branch;
    }
    const total = profile.reduce((a, b) => a + b, 0);
    return { field: profile.length, step, image, profile: profile.map((v) => v / total) };
  }
  /* The width of the middle that holds a share of a profile. */
  function middle(profile, share = 0.9) {
    const centre = (profile.length - 1) / 2;
    let held = profile[centre], reach = 0;
    while (held < share) held += profile[centre - ++reach] + profile[centre + reach];
    return 2 * reach + 1;
  }
  root.CourseSight = { built, seen, middle };
  if (typeof module === "object") module.exports = root.CourseSight;
  if (!root.CourseCharts) return;

  const { CSS, follow, mount, options } = root.CourseCharts;
  const names = [...Object.keys(BLOCKS).map((n) => [n, `ResNet-${n}`]), ...CIFAR.map((n) => [n, `CIFAR, ${n} layers`])];
  const BODY = `<style>${CSS} svg.profile { max-width: 720px } label.wide { flex: 1 1 12em } label.wide input { width: 100% }</style><section aria-label="What a place on a map can see">
    <div class="bar"><label>Network<select name="name">${options(names)}</select></label>
      <label>Bottleneck<select name="version"><option>v1.5</option><option>v1</option></select></label>
      <label class="row"><input type="checkbox" role="switch" name="shortcut" checked>shortcuts</label></div>
    <div class="bar"><label class="wide"><span>A place after <output name="after"></output></span><input type="range" name="block" min="0" value="99"></label></div>
    <p class="title">Where in the image its answer comes from, before training</p><svg class="profile" role="img"></svg>
    <p class="status" role="status"></p></section>`;

  function sight(box) {
    const { host, $, ready } = mount(box, BODY), value = (name) => $(`[name=${name}]`).value;
    function draw() {
      follow(host);
      const name = +value("name"), version = value("version"), shortcut = $("[name=shortcut]").checked, { blocks } = built(name, version);
      const deep = blocks[0].layers.length === 3;
      $("[name=version]").disabled = !deep;
      $("[name=block]").max = blocks.length;
      const after = Math.min(+value("block"), blocks.length), place = after ? `block ${after} of ${blocks.length}, in stage ${blocks[after - 1].stage}` : "the stem";
      $("[name=after]").textContent = place;
      const { field, step, image, profile } = seen(name, after, { version, shortcut }), wide = middle(profile);
      const svg = $(".profile"), width = Math.max(240, svg.clientWidth || 600), height = 190, floor = 128, range = 1.08 * Math.max(field, image);
      const x = (pixel) => (0.5 + pixel / range) * width, most = Math.max(...profile), half = (field - 1) / 2;
      const y = (v) => floor - (v / most) * (floor - 12), kind = shortcut ? "residual" : "plain";
      const area = (from, to) => `M${x(from)} ${floor}` + Array.from({ length: to - from + 1 }, (_, i) => `L${x(from + i).toFixed(1)} ${y(profile[from + i + half]).toFixed(1)}`).join("") + `L${x(to)} ${floor}z`;
      const ruler = (reach, at, text) => `<path class="line" style="--colour:var(--ink)" d="M${x(-reach)} ${at - 4}v8m0 -4H${x(reach)}m0 -4v8"/><text x="${x(0)}" y="${at + 14}" text-anchor="middle">${text}</text>`;
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.innerHTML = `<path class="fill ${kind}" fill-opacity=".3" d="${area(-half, half)}"/><path class="fill ${kind}" fill-opacity=".75" d="${area(-(wide - 1) / 2, (wide - 1) / 2)}"/>`
        + `<line class="rule" x1="0" x2="${width}" y1="${floor}" y2="${floor}"/>` + ruler(image / 2, floor + 10, `the image, ${image} pixels`) + ruler(field / 2, floor + 38, `what it can see, ${field} pixels`);
      svg.setAttribute("aria-label", `A hill over the middle of the image; its middle ${wide} pixels hold 90 % of it.`);
      $(".status").textContent = `It can see ${field.toLocaleString("en")} pixels a side, ${field > image ? `${(field / image).toFixed(1)} times the image` : `${Math.round(100 * field / image)} % of the image`}. `
        + `The darker middle, ${wide} pixels wide, holds 90 % of what it responds to. One step on this map is ${step} pixel${step > 1 ? "s" : ""}.`;
    }
    $("[name=name]").addEventListener("change", () => { $("[name=block]").max = 99; $("[name=block]").value = 99; draw() });
    for (const name of ["version", "shortcut"]) $(`[name=${name}]`).addEventListener("change", draw);
    $("[name=block]").addEventListener("input", draw);
    draw();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, sight };
})(typeof globalThis === "object" ? globalThis : this);
