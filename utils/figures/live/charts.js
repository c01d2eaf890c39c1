/* What the residual playground draws: decision surfaces on a canvas, curves and bars as SVG, and its
   style sheet. Colours come from one table, the book's: blue plain, orange residual. The two classes
   are ochre and purple, and dots and squares, so that no one needs the colours. */
(function (root) {
  "use strict";
  const CSS = `
  :host { display: block; container-type: inline-size; --ground: light-dark(#ffffff, #14181e);
    --ink: light-dark(#3d4450, #c9d1dc); --grid: light-dark(#d9dde3, #3a424d);
    --plain: light-dark(#00619e, #5cb5f2); --residual: light-dark(#b04a00, #ff9f5c);
    --zero: light-dark(#7a5c00, #d8b13c); --one: light-dark(#6f4bb2, #b99cf5);
    background: var(--ground); color: var(--ink); font: 15px/1.4 var(--sans, system-ui, sans-serif) }
  * { box-sizing: border-box }
  section { padding: 10px; border: 1px solid var(--grid); border-radius: 8px }
  .bar { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: end; margin-bottom: 10px }
  label, .count { display: inline-flex; flex-direction: column; font-size: 13px; gap: 2px }
  label.row { flex-direction: row; align-items: center; gap: 6px; font-size: 15px; min-height: 32px }
  button, select, input[type=number] { font: inherit; font-size: 15px; color: inherit; background: var(--ground);
    border: 1px solid currentColor; border-radius: 5px; min-height: 36px; padding: 4px 10px }
  select { padding: 4px 6px } option { background: var(--ground); color: var(--ink) }
  input[type=number] { width: 5em } input[type=range] { width: 130px; min-height: 34px; margin: 0; accent-color: var(--ink) }
  input[type=checkbox], input[type=radio] { width: 20px; height: 20px; margin: 0; accent-color: var(--ink) }
  button { cursor: pointer } button:hover { background: var(--grid) } button.main { min-width: 6em; font-weight: 650 }
  :focus-visible { outline: 3px solid var(--one); outline-offset: 2px }
  .count { font-variant-numeric: tabular-nums; min-width: 6em; align-self: center; font-size: 15px }
  .nets { display: grid; grid-template-columns: 1fr 1fr; gap: 10px 20px }
  .net > div { display: flex; justify-content: space-between; align-items: center; flex-wrap: wrap; gap: 0 10px }
  .name { margin: 0; font-size: 17px; font-weight: 650; color: var(--colour) }
  .plain { --colour: var(--plain) } .residual { --colour: var(--residual) }
  canvas { display: block; width: 100%; max-width: 380px; aspect-ratio: 1; margin: 0 auto; border: 1px solid var(--grid); touch-action: manipulation }
  .own canvas { cursor: crosshair }
  .score { margin: 4px 0; font-variant-numeric: tabular-nums; min-height: 2.8em }
  svg { display: block; width: 100%; overflow: visible } text { font: 12px var(--sans, system-ui, sans-serif); fill: var(--ink) }
  .title { margin: 8px 0 0; font-size: 13px; font-weight: 600 }
  .voice { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%) }
  .status { margin: 8px 0 0; min-height: 4.2em } progress { width: 100%; accent-color: var(--ink) }
  .line { fill: none; stroke-width: 2; stroke: var(--colour) } .thin { stroke-width: 1; opacity: .6 } .second { stroke-dasharray: 6 3 }
  .fill { fill: var(--colour) } .rule { stroke: var(--grid) } .dash { stroke: var(--ink); stroke-dasharray: 2 3 }
  [hidden] { display: none !important }
  @container (max-width: 599px) { .nets { grid-template-columns: 1fr } section { padding: 8px } }
  @media print { .bar { display: none } section { break-inside: avoid } }`;

  const LIGHT = { ground: [255, 255, 255], zero: [122, 92, 0], one: [111, 75, 178], ink: [61, 68, 80] };
  const DARK = { ground: [20, 24, 30], zero: [216, 177, 60], one: [185, 156, 245], ink: [201, 209, 220] };
  const DECADES = { 0: "1", 1: "10", 2: "100", 3: "1,000" };

  /* Follow the page: what it declares, then what notebook programs say, then the system. */
  function follow(host) {
    const own = getComputedStyle(host.parentElement).colorScheme;
    const body = document.body, dark = body.dataset.jpThemeLight === "false"
      || body.matches(".vscode-dark, .vscode-high-contrast") || document.documentElement.getAttribute("theme") === "dark";
    const said = body.dataset.jpThemeLight || body.matches("[class*=vscode-]") || document.documentElement.hasAttribute("theme");
    host.style.colorScheme = own !== "normal" ? "inherit" : said ? (dark ? "dark" : "light") : "light dark";
  }
  function palette(host) {
    follow(host);
    return getComputedStyle(host).backgroundColor === "rgb(20, 24, 30)" ? DARK : LIGHT;
  }

  /* Put a figure's HTML into an element, apart from the page's styles. `ready` is called last, with what
     draws the figure: then it is drawn anew whenever its width or the page's colours change, and the
     picture that stood there is hidden, which stays where something went wrong before. */
  function mount(box, html) {
    const host = document.createElement("div"), still = box.querySelector(".course-still");
    host.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's keys are not for in here
    box.append(host);
    const page = host.attachShadow({ mode: "open" });
    page.innerHTML = html;
    sliders(page);
    function ready(draw) {
      new ResizeObserver(draw).observe(host); // also what shows it first, once it has a width
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
      for (const [element, names] of [[document.documentElement, ["data-theme", "theme", "class"]], [document.body, ["data-jp-theme-light", "class"]]]) {
        new MutationObserver(draw).observe(element, { attributes: true, attributeFilter: names });
      }
      if (still) still.hidden = true;
      return host;
    }
    return { host, page, $: (query) => page.querySelector(query), ready };
  }

  /* Of a label that holds an output, the output is what the label names: so a slider below it gets its name,
     the words before the output, and says what stands there. */
  function sliders(page) {
    for (const input of page.querySelectorAll("label input[type=range]:not([aria-label])")) {
      const output = input.closest("label").querySelector("output");
      if (!output) continue;
      const after = output.nextSibling ? output.nextSibling.textContent : "";
      const told = () => input.setAttribute("aria-valuetext", `${output.textContent}${after}`);
      input.setAttribute("aria-label", output.previousSibling.textContent.trim().replace(/:$/, ""));
      new MutationObserver(told).observe(output, { childList: true, characterData: true, subtree: true });
      told();
    }
  }

  /* The options of a select: values, or [value, text] pairs; `chosen` is the value that stands there first. */
  const options = (entries, chosen) => entries.map((entry) => Array.isArray(entry) ? entry : [entry, entry]).map(([value, text]) =>
    `<option value="${value}"${value === chosen ? " selected" : ""}>${text}</option>`).join("");

  /* A natural number up to `most`, whatever was typed: a seed, a width. */
  const natural = (typed, most = 9999) => Math.max(1, Math.min(most, Math.round(+typed) || 1));

  /* Run a generator to its end, a few milliseconds of each frame, as long as the figure stands in a page and
     `wanted` says so; then call `done` with its value. */
  function sliced(job, host, wanted, done, slice = 9) {
    function tick() {
      if (!wanted() || !host.isConnected) return;
      const start = performance.now();
      let step;
      do step = job.next(); while (!step.done && performance.now() - start < slice);
      if (step.done) done(step.value);
      else requestAnimationFrame(tick);
    }
    requestAnimationFrame(tick);
  }

  const rgb = (c, alpha = 1) => `rgba(${c.join(",")},${alpha})`;

  /* Which class each place is given, as colour; the points; the keyboard's cross if there is one. */
  function surface(canvas, probability, side, points, colours, cross) {
    const context = canvas.getContext("2d"), size = canvas.width;
    context.clearRect(0, 0, size, size);
    if (probability) {
      const small = document.createElement("canvas"), image = new ImageData(side, side);
      small.width = small.height = side;
      for (let i = 0; i < side * side; i++) {
        const sure = 2 * probability[i] - 1; // NaN, from a net that has exploded, is left blank
        const strength = 0.6 * Math.abs(sure || 0), to = sure > 0 ? colours.one : colours.zero;
        for (let c = 0; c < 3; c++) image.data[4 * i + c] = colours.ground[c] + strength * (to[c] - colours.ground[c]);
        image.data[4 * i + 3] = 255;
      }
      small.getContext("2d").putImageData(image, 0, 0);
      context.imageSmoothingEnabled = true;
      context.drawImage(small, 0, 0, size, size);
    }
    const unit = size / 360;
    context.lineWidth = 1.5 * unit;
    context.strokeStyle = rgb(colours.ground);
    points.y.forEach((label, i) => {
      const x = (1 + points.x[2 * i]) * size / 2, y = (1 + points.x[2 * i + 1]) * size / 2;
      context.fillStyle = rgb(label ? colours.one : colours.zero);
      context.beginPath();
      if (label) context.rect(x - 3.5 * unit, y - 3.5 * unit, 7 * unit, 7 * unit);
      else context.arc(x, y, 4 * unit, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
    if (cross) {
      const x = (1 + cross[0]) * size / 2, y = (1 + cross[1]) * size / 2, arm = 12 * unit;
      context.strokeStyle = rgb(colours.ink);
      context.lineWidth = 2 * unit;
      context.beginPath();
      context.moveTo(x - arm, y); context.lineTo(x + arm, y); context.moveTo(x, y - arm); context.lineTo(x, y + arm);
      context.stroke();
    }
  }

  const path = (kind, d) => `<path class="line ${kind}" d="${d}"/>`;

  /* Loss against step. series: { kind, values, kinds, every, second, thin, name }. `kinds`, if given, says what
     the net was at each value: a line changes its colour there, and a rule marks the place. */
  function curves(svg, series, chance) {
    const width = svg.clientWidth || 300, height = 150, left = 34, bottom = 22, top = 8, right = 64, most = 1;
    const last = Math.max(500, ...series.map((s) => (s.values.length - 1) * s.every));
    const x = (step) => left + (step / last) * (width - left - right);
    const y = (loss) => top + (1 - Math.min(loss, most) / most) * (height - top - bottom);
    let out = "";
    for (const tick of [0, 0.5, 1]) {
      out += `<line class="rule" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}"/>`
        + `<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`;
    }
    out += `<line class="dash" x1="${left}" x2="${width - right}" y1="${y(chance)}" y2="${y(chance)}"/>`;
    const gap = last <= 1000 ? 250 : last <= 3000 ? 500 : 1000 * Math.ceil(last / 6000);
    for (let t = 0; t <= last; t += gap) out += `<text x="${x(t)}" y="${height - 5}" text-anchor="middle">${t}</text>`;
    const ends = [{ at: y(chance), text: "guessing", kind: "" }];
    for (const s of series) {
      const known = s.values.filter((value) => Number.isFinite(value)), was = (i) => (s.kinds ? s.kinds[i] : s.kind);
      if (!known.length) continue;
      const place = (i) => `${x(i * s.every).toFixed(1)} ${y(known[i]).toFixed(1)}`;
      for (let from = 0, to; from < known.length; from = to) {
        to = from + 1;
        while (to < known.length && was(to) === was(from)) to++;
        if (from) out += `<line class="dash" x1="${x(from * s.every)}" x2="${x(from * s.every)}" y1="${top}" y2="${height - bottom}"/>`;
        const points = Array.from({ length: Math.min(to, known.length - 1) - from + 1 }, (_, i) => place(from + i));
        out += path(`${was(from)} ${s.second ? "second" : ""} ${s.thin ? "thin" : ""}`, `M${points.join("L")}`);
      }
      const name = s.name || s.kind;
      if (!s.thin && !ends.some((e) => e.text === name)) ends.push({ at: y(known[known.length - 1]), text: name, kind: s.kind });
    }
    ends.sort((a, b) => a.at - b.at); // names at the ends, moved apart
    ends.forEach((e, i) => { if (i) e.at = Math.max(e.at, ends[i - 1].at + 14) });
    ends.forEach((e, i) => { e.at = Math.min(e.at, height - bottom - 14 * (ends.length - 1 - i)) });
    for (const e of ends) out += `<text class="${e.kind} ${e.kind && "fill"}" style="fill:var(--colour,var(--ink))" x="${width - right + 6}" y="${e.at + 4}">${e.text}</text>`;
    svg.setAttribute("height", height);
    svg.innerHTML = out;
  }

  /* The decades that bars of these lists of gradient lengths need, as multiples of the last layer's. */
  function decades(lists) {
    let low = -2, high = 2;
    for (const norms of lists) {
      for (const norm of norms) {
        const ratio = Math.log10(norm / norms[norms.length - 1]);
        if (Number.isFinite(ratio)) { low = Math.min(low, Math.floor(ratio)); high = Math.max(high, Math.ceil(ratio)) }
      }
    }
    return [Math.max(low, -12), Math.min(high, 12)];
  }

  /* A bar a layer: its gradient's length as a multiple of the last layer's, on a scale of decades. */
  function bars(svg, norms, [low, high], kind) {
    const width = svg.clientWidth || 300, height = 134, left = 46, bottom = 20, top = 10;
    const y = (ratio) => top + ((high - Math.max(low, Math.min(high, ratio))) / (high - low)) * (height - top - bottom);
    const slot = (width - left) / norms.length, thick = Math.max(1, Math.min(24, 0.8 * slot)), end = norms[norms.length - 1];
    const every = Math.ceil((high - low) / 5);
    let out = "", d = "";
    const none = norms.every((norm) => norm === 0);
    for (let k = Math.ceil(low / every) * every; k <= high; k += every) {
      const name = DECADES[k] || `10<tspan dy="-4" font-size="12">${String(k).replace("-", "\u2212")}</tspan>`;
      out += `<line class="${k ? "rule" : "dash"}" x1="${left}" x2="${width}" y1="${y(k)}" y2="${y(k)}"/>`
        + `<text x="${left - 5}" y="${y(k) + 4}" text-anchor="end">${name}</text>`;
    }
    if (none) out += `<text x="${(left + width) / 2}" y="${y(0) - 6}" text-anchor="middle">no layer gets any gradient</text>`;
    else norms.forEach((norm, i) => {
      const ratio = norm === 0 ? low : Math.log10(norm / end);
      if (Number.isFinite(ratio)) d += `M${(left + (i + 0.5) * slot - thick / 2).toFixed(1)} ${y(0)}h${thick.toFixed(1)}V${y(ratio).toFixed(1)}h${(-thick).toFixed(1)}z`;
    });
    const ends = norms.length > 1 ? `<text x="${left}" y="${height - 4}">first layer</text>` : "";
    svg.setAttribute("height", height);
    svg.innerHTML = `${out}<path class="fill ${kind}" d="${d}"/>${ends}<text x="${width}" y="${height - 4}" text-anchor="end">last</text>`;
  }

  /* Lines in a box. x and y: { from, to, ticks, log, said } with said(value), what a tick is called.
     series: { kind, points: [[x, y], ...], name, thin, second, dots }; what has a name is named at its end.
     What lies beyond y is drawn at its border. Returns the places of the axes. */
  function lines(svg, series, x, y, { height = 210, right = 12, left = 46 } = {}) {
    const width = Math.max(220, svg.clientWidth || 360), bottom = 24, top = 10;
    const part = ({ from, to, log }, v) => Math.max(0, Math.min(1, log ? Math.log(v / from) / Math.log(to / from) : (v - from) / (to - from)));
    const across = (v) => left + part(x, v) * (width - left - right), down = (v) => height - bottom - part(y, v) * (height - top - bottom);
    const name = ({ said = String }, v) => said(v);
    let out = "";
    for (const v of y.ticks) out += `<line class="rule" x1="${left}" x2="${width - right}" y1="${down(v)}" y2="${down(v)}"/><text x="${left - 6}" y="${down(v) + 4}" text-anchor="end">${name(y, v)}</text>`;
    for (const v of x.ticks) out += `<text x="${across(v)}" y="${height - 6}" text-anchor="middle">${name(x, v)}</text>`;
    const ends = [];
    for (const one of series) {
      const points = one.points.filter(([, v]) => Number.isFinite(v) && (!y.log || v > 0));
      if (!points.length) continue;
      const at = points.map(([a, v]) => [across(a).toFixed(1), down(v).toFixed(1)]), colour = one.kind ? `--colour:var(--${one.kind})` : "--colour:var(--ink)";
      if (points.length > 1) out += `<path class="line ${one.second ? "second" : ""} ${one.thin ? "thin" : ""}" style="${colour}" d="${at.map((p, i) => `${i ? "L" : "M"}${p.join(" ")}`).join("")}"/>`;
      if (one.dots || points.length === 1) for (const [a, b] of at) out += `<circle class="fill" style="${colour}" cx="${a}" cy="${b}" r="${one.dots || 4}"/>`;
      if (one.name) ends.push({ at: +at[at.length - 1][1], text: one.name, colour });
    }
    ends.sort((a, b) => a.at - b.at);
    ends.forEach((e, i) => { if (i) e.at = Math.max(e.at, ends[i - 1].at + 14) });
    ends.forEach((e, i) => { e.at = Math.min(e.at, height - bottom - 14 * (ends.length - 1 - i)) });
    for (const e of ends) out += `<text style="${e.colour};fill:var(--colour)" x="${width - right + 6}" y="${e.at + 4}">${e.text}</text>`;
    svg.setAttribute("height", height);
    svg.innerHTML = out;
    return { across, down };
  }

  root.CourseCharts = { CSS, follow, mount, palette, surface, curves, bars, decades, lines, options, natural, sliced };
})(typeof globalThis === "object" ? globalThis : this);
