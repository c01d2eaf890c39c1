/* The residual playground: two nets that start from the same weights and learn from the same batches,
   side by side, until the reader turns something. `CourseLive.playground(box)` puts it into an element;
   what stands in there already, the picture for pages without scripts, is hidden. */
(function (root) {
  "use strict";
  const { Training, Net, DATA } = root.CourseNet, { CSS, mount, palette, surface, curves, bars, decades, options, natural } = root.CourseCharts;
  const SIDE = 32, EVERY = 25, LIMIT = 1500, ENOUGH = 0.95, SEEDS = 10; // as in benchmarks/playground.py
  const SLICE = 9; // milliseconds of a frame that are for learning
  const DEPTHS = [1, ...Array.from({ length: 32 }, (_, i) => 2 * i + 2)];
  const OPTIONS = {
    data: ["Data", { spirals: "two spirals", rings: "rings", own: "your own points" }],
    norm: ["Normalisation", { batch: "BatchNorm", none: "none" }],
    init: ["Initial weights", { default: "default", he: "He", zero: "zero-\u03b3" }],
    rate: ["Learning rate", { 0.0003: "0.0003", 0.001: "0.001", 0.003: "0.003", 0.01: "0.01", 0.03: "0.03" }],
  };
  const CELLS = new Float64Array(2 * SIDE * SIDE).map((_, i) => {
    const cell = i >> 1;
    return -1 + (2 * ((i % 2 ? Math.floor(cell / SIDE) : cell % SIDE) + 0.5)) / SIDE;
  });
  const percent = (part) => `${Math.floor(100 * part + 1e-9)}\u00a0%`; // never 100 % before all are right

  function select(name, chosen) {
    const [label, entries] = OPTIONS[name];
    return `<label>${label}<select name="${name}">${options(Object.entries(entries), chosen)}</select></label>`;
  }
  const column = (i) => `<div class="net"><div><p class="name"></p><label class="row"><input type="checkbox" role="switch" aria-label="shortcuts, ${["left", "right"][i]} network"${i ? " checked" : ""}>shortcuts</label></div>
    <canvas width="360" height="360" role="img"></canvas><p class="score"></p>
    <p class="title">Each layer's gradient, as a multiple of the last layer's</p><svg class="bars" role="img"></svg></div>`;
  const BODY = `<style>${CSS}</style><section aria-label="Residual playground">
    <div class="bar"><button class="main" type="button">Train</button><button class="one" type="button">One step</button>
      <button class="anew" type="button">Start over</button><button class="ten" type="button">Ten seeds</button><span class="count"></span></div>
    <div class="bar">${select("data", "spirals")}<label><span>Layers: <output>64</output></span><input type="range" name="layers" min="0" max="32" value="32"></label>
      ${select("norm", "batch")}${select("init", "he")}${select("rate", "0.003")}
      <label>Seed<input type="number" name="seed" min="1" max="9999" value="1"></label></div>
    <div class="bar hint" hidden><label class="row"><input type="radio" name="label" value="0" checked>dots</label>
      <label class="row"><input type="radio" name="label" value="1">squares</label><button class="undo" type="button">Remove the last point</button>
      <span>Click or tap in a plane to add a point. By keyboard: arrow keys move the cross, Enter or the space bar adds, X changes the kind.</span></div>
    <div class="nets">${column(0)}${column(1)}</div>
    <p class="title">Training loss, by step</p><svg class="loss" role="img"></svg>
    <progress max="1" value="0" hidden aria-label="Ten seeds"></progress><p class="status"></p><p class="voice" role="status"></p></section>`;

  function playground(box) {
    const { host, page, $, ready: mounted } = mount(box, BODY), $$ = (query) => [...page.querySelectorAll(query)];
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const own = { x: [], y: [] }, cross = [0, 0];
    const columns = $$(".net").map((part) => ({ part, canvas: part.querySelector("canvas"), switch: part.querySelector("input"),
      name: part.querySelector(".name"), score: part.querySelector(".score"), bars: part.querySelector("svg") }));
    let steps = 0, running = false, job = null, painted = 0, spoken = 0, ten = null, told = "", until = LIMIT;

    const value = (name) => $(`[name=${name}]`).value;
    const settings = () => ({ layers: DEPTHS[value("layers")], norm: value("norm") === "batch", init: value("init"),
      seed: natural(value("seed")) });
    const points = () => value("data") === "own" ? { x: Float64Array.from(own.x), y: Float64Array.from(own.y) } : DATA[value("data")]();
    const kind = (column) => column.switch.checked ? "residual" : "plain";
    const make = (column, changes = {}) => new Training({ ...settings(), shortcut: column.switch.checked, ...changes }, points(), { rate: +value("rate") });
    const ready = () => value("data") !== "own" || (own.y.includes(0) && own.y.includes(1));

    /* Both nets anew, at step 0. */
    function reset() {
      stop();
      steps = 0;
      until = LIMIT;
      ten = null;
      for (const column of columns) {
        column.training = ready() ? make(column) : null;
        column.view = new Net(settings()); // of which the picture is taken while the net learns on
        Object.assign(column, { losses: [], kinds: [], norms: null, found: null, probability: null });
        if (column.training) column.norms = gradient(column.training);
      }
      measure();
      whole();
      say(true);
    }
    function gradient(training) { // before the first step, of all points
      const { net, points: { x, y } } = training;
      net.forward(x, y.length);
      net.backward(y, y.length);
      return net.norms();
    }
    function measure() {
      for (const column of columns) {
        if (!column.training) continue;
        column.found = column.training.net.evaluate(column.training.points);
        if (steps % EVERY) continue;
        column.losses.push(column.found.loss);
        column.kinds.push(kind(column));
      }
    }
    function step() {
      for (const column of columns) column.training.step();
      if (++steps % EVERY === 0) measure();
    }

    /* The picture is computed in slices, from a copy, so that no frame waits for it. */
    function* picture() {
      for (const column of columns) {
        if (!column.training) continue;
        const view = column.view.copy(column.training.net), found = new Float64Array(SIDE * SIDE);
        if (steps) column.norms = column.training.net.norms();
        view.evaluate(column.training.points);
        for (let row = 0; row < SIDE; row += 8) {
          yield;
          found.set(view.logits(CELLS.subarray(2 * SIDE * row, 2 * SIDE * (row + 8))), SIDE * row);
        }
        column.probability = found.map((logit) => 1 / (1 + Math.exp(-logit)));
      }
    }
    function whole() {
      for (const _ of picture());
      draw();
    }
    function draw() {
      const colours = palette(host), lists = columns.filter((c) => c.norms).map((c) => c.norms), range = decades(lists);
      const data = points(), mine = value("data") === "own";
      $("section").classList.toggle("own", mine);
      $(".hint").hidden = !mine;
      columns.forEach((column, i) => {
        const other = columns[1 - i], { found, canvas } = column, name = kind(column);
        column.part.className = `net ${name}`;
        column.name.textContent = (name === "plain" ? "Plain" : "Residual") + (name === kind(other) ? [", first", ", second"][i] : "");
        column.score.textContent = found ? `${percent(found.accuracy)} of the training points classified correctly, loss ${found.loss.toFixed(2)}` : "";
        surface(canvas, column.probability, SIDE, data, colours, mine && page.activeElement === canvas ? cross : null);
        canvas.tabIndex = mine ? 0 : -1;
        canvas.setAttribute("role", mine ? "application" : "img");
        canvas.setAttribute("aria-label", found ? `${column.name.textContent} net's decision surface at step ${steps}: ${column.score.textContent}` : "The plane, with your points");
        if (column.norms) {
          bars(column.bars, column.norms, range, name);
          column.bars.setAttribute("aria-label", `${column.name.textContent} net: ${slope(column.norms)}`);
        } else column.bars.replaceChildren();
        const alike = name === kind(other);
        column.series = { kind: name, values: column.losses, kinds: column.kinds, every: EVERY, second: i === 1 && alike, name: alike ? ["first", "second"][i] : name };
      });
      const all = ten ? ten.runs.map((run) => ({ kind: run.kind, values: run.losses, every: EVERY, thin: true, second: run.second })) : [];
      curves($(".loss"), [...all, ...columns.map((column) => column.series)], Math.LN2);
      $(".loss").setAttribute("aria-label", `Training loss by step; guessing is 0.69. ${columns.map((c) => c.found ? `${c.name.textContent}: ${c.found.loss.toFixed(2)} at step ${steps}` : "").join(". ")}`);
      $(".count").textContent = `step ${steps}`;
      $("output").textContent = DEPTHS[value("layers")];
      $("button.main").textContent = running && !ten ? "Pause" : "Train";
      $("button.ten").textContent = ten && ten.at < ten.runs.length && running ? "Stop" : "Ten seeds";
      for (const button of $$("button.main, button.one, button.ten")) button.disabled = !ready();
      say(false);
    }

    function slope(norms) {
      const end = norms[norms.length - 1], ratio = norms[0] / end;
      if (norms.every((norm) => norm === 0)) return "no layer's weights get any gradient";
      const shown = (x) => x < 10 ? String(+x.toPrecision(2)) : (+x.toPrecision(x < 100 ? 2 : 1)).toLocaleString("en");
      const times = !(ratio > 1e-6) ? "less than a millionth of" : ratio > 1e6 ? "more than a million times"
        : ratio > 0.1 ? `${shown(ratio)} times` : `1/${shown(1 / ratio)} of`;
      return `the first layer's gradient is ${times} the last layer's`;
    }
    /* What the numbers of a net are called. */
    function verdict({ found, norms }) {
      const ratio = norms[0] / norms[norms.length - 1];
      if (!Number.isFinite(found.loss)) return "The loss is no longer a number.";
      if (found.spread < 1e-3) return "A dead signal: its output is nearly the same for all points.";
      if (found.accuracy >= ENOUGH) return "";
      if (ratio > 1e3) return "An exploding gradient.";
      return ratio < 1e-3 ? "A vanishing gradient." : "";
    }
    /* The sentence that is seen says what the numbers beside it say; a voice needs its time. */
    function say(now) {
      const words = columns.filter((c) => c.found).map((c) => `${c.name.textContent}: ${percent(c.found.accuracy)} correct, ${slope(c.norms)}. ${verdict(c)}`);
      const rest = steps && steps + LIMIT === until && !running && !ten ? ` Stopped after ${steps} steps; Train goes on for ${LIMIT} more.` : "";
      const said = ready() ? told || `Step ${steps}. ${words.join(" ")}${rest}` : "Add at least one dot and one square, then train.";
      $(".status").textContent = said;
      const time = performance.now();
      if (!now && time - spoken < 6000) return;
      spoken = time;
      $(".voice").textContent = said;
    }

    /* Ten seeds: one run after the other, each until it is good enough or at its end. */
    function begin() {
      reset();
      ten = { runs: [], at: 0 };
      for (let seed = 1; seed <= SEEDS; seed++) {
        columns.forEach((column, i) => ten.runs.push({ column, i, seed, kind: kind(column), losses: [], second: i === 1 && kind(column) === kind(columns[0]), steps: 0, reached: null }));
      }
      run();
    }
    function tenStep() {
      const run = ten.runs[ten.at];
      run.training = run.training || make(run.column, { seed: run.seed });
      const { training } = run;
      if (run.steps === 0) run.losses.push(training.net.evaluate(training.points).loss);
      training.step();
      if (++run.steps % EVERY) return;
      const found = training.net.evaluate(training.points);
      run.losses.push(found.loss);
      if (found.accuracy >= ENOUGH) run.reached = run.steps;
      if (run.reached === null && run.steps < LIMIT) return;
      run.training = null; // its memory
      ten.at++;
    }
    function tally() {
      const words = columns.map((column) => {
        const runs = ten.runs.slice(0, ten.at).filter((run) => run.column === column), good = runs.filter((run) => run.reached).map((run) => run.reached);
        const when = good.length > 1 ? `, after ${Math.min(...good)} to ${Math.max(...good)} steps` : good.length ? `, after ${good[0]} steps` : "";
        return `${column.name.textContent}: ${good.length} of ${runs.length} seeds classified 95\u00a0% of the training points correctly within ${LIMIT} steps${when}.`;
      });
      told = words.join(" ");
    }

    function frame() {
      if (!running) return;
      if (!host.isConnected) return stop(); // the cell was run again, or scrolled out of a notebook
      const start = performance.now();
      if (ten) {
        while (ten.at < ten.runs.length && performance.now() - start < SLICE) tenStep();
        $("progress").value = (ten.at + (ten.at < ten.runs.length ? ten.runs[ten.at].steps / LIMIT : 0)) / ten.runs.length;
        tally();
        if (ten.at === ten.runs.length) stop();
      } else {
        if (job && job.next().done) { job = null; painted = start; draw() }
        do step(); while (steps < until && performance.now() - start < SLICE);
        if (!job && start - painted > (calm.matches ? 1000 : 100)) job = picture();
        if (steps >= until) { until += LIMIT; stop() }
      }
      if (ten && running && start - painted > 1000) { painted = start; draw() }
      if (ten) say(!running);
      if (running) requestAnimationFrame(frame);
    }
    function run() {
      if (running || !ready()) return;
      running = true;
      $("progress").hidden = !ten;
      draw();
      requestAnimationFrame(frame);
    }
    function stop() {
      if (!running) return;
      running = false;
      job = null;
      $("progress").hidden = true;
      if (columns[0].training && !ten) measured();
      draw();
      say(true);
    }
    function measured() { // where they stand now, also between two measurements
      for (const column of columns) column.found = column.training.net.evaluate(column.training.points);
      for (const _ of picture());
    }

    function add(x, y) {
      own.x.push(x, y);
      own.y.push(+$("[name=label]:checked").value);
      told = "";
      renew();
    }
    function renew() { // nets that learn already go on with the new points
      if (columns[0].training && ready() && steps) {
        for (const column of columns) column.training.use(points());
        if (!running) { measured(); draw() }
      } else reset();
    }
    $("button.main").onclick = () => { if (running) stop(); else { told = ""; ten = null; run() } };
    $("button.one").onclick = () => { stop(); told = ""; ten = null; step(); measured(); draw(); say(true) };
    $("button.anew").onclick = () => { told = ""; reset() };
    $("button.ten").onclick = () => { if (ten && running) stop(); else { told = ""; begin() } };
    $("button.undo").onclick = () => { own.x.splice(-2); own.y.pop(); renew() };
    for (const input of $$("select, [name=layers], [name=seed]")) {
      input.addEventListener(input.name === "layers" ? "input" : "change", () => {
        if (input.name === "seed") input.value = natural(input.value);
        const label = input.closest("label"), now = input.name === "layers" ? DEPTHS[input.value] : input.selectedOptions ? input.selectedOptions[0].text : input.value;
        const name = input.name === "layers" ? "layers" : label.firstChild.textContent.toLowerCase();
        told = steps || ten ? `Started over: ${name} ${now}. Press Train.` : "";
        reset();
      });
    }
    for (const column of columns) {
      column.switch.addEventListener("change", () => { // also while it learns
        if (column.training) column.training.net.turn(column.switch.checked);
        told = "";
        if (ten || !steps) reset();
        else if (!running) { measured(); draw(); say(true) } else { draw(); say(true) }
      });
      column.canvas.addEventListener("pointerdown", (event) => {
        if (value("data") !== "own") return;
        const place = column.canvas.getBoundingClientRect();
        add((2 * (event.clientX - place.left)) / place.width - 1, (2 * (event.clientY - place.top)) / place.height - 1);
      });
      column.canvas.addEventListener("keydown", (event) => {
        const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (value("data") !== "own") return;
        if (move) move.forEach((way, i) => { cross[i] = Math.max(-1, Math.min(1, cross[i] + 0.1 * way)) });
        else if (event.key === "Enter" || event.key === " ") add(cross[0], cross[1]);
        else if (event.key === "x" || event.key === "X") $("[name=label]:not(:checked)").checked = true;
        else return;
        event.preventDefault();
        draw();
      });
      for (const name of ["focus", "blur"]) column.canvas.addEventListener(name, draw);
    }
    reset();
    return mounted(draw);
  }
  root.CourseLive = { ...root.CourseLive, playground };
})(typeof globalThis === "object" ? globalThis : this);
