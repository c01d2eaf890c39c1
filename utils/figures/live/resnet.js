/* The live ResNet: a trained network of ten blocks that one can watch and take apart.
   `CourseLive.resnet(box)` puts it into an element; the picture that stands there already is hidden. */
(function (root) {
  "use strict";
  const { Stream, tensors, bytes, softmax, best, MAP, SIDE, CHANNELS } = root.CourseStream, { CSS, follow, mount, sliced } = root.CourseCharts;
  const MODES = { kept: "as trained", out: "left out", scaled: "scaled", bare: "no shortcut" };
  const STYLE = `${CSS}
  .strip { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 8px } .strip button { padding: 2px; min-height: 0; line-height: 0 }
  .strip button[aria-pressed=true] { outline: 3px solid var(--one); outline-offset: 1px }
  .strip canvas { width: 44px; height: 44px; border: 0; max-width: none; image-rendering: pixelated; cursor: pointer }
  .main-row { display: grid; grid-template-columns: minmax(120px, 190px) 1fr; gap: 14px; align-items: start }
  canvas.shown { image-rendering: pixelated; touch-action: none; max-width: 190px }
  .blocks { display: grid; grid-template-columns: repeat(auto-fill, minmax(108px, 1fr)); gap: 8px; margin: 10px 0 }
  .cell { border: 1px solid var(--grid); border-radius: 6px; padding: 5px; font-size: 13px; min-width: 0 }
  .cell.changed { border-color: var(--one); border-width: 2px } .cell.gone canvas { opacity: .25 }
  .cell canvas { width: 56px; height: 56px; border: 0; margin: 3px 0; image-rendering: pixelated }
  .cell p { margin: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis } .cell select { width: 100%; font-size: 13px; padding: 2px; min-height: 32px }
  .cell button { font-size: 13px; min-height: 32px; padding: 2px 6px; margin-top: 4px; width: 100% }
  .cell .by { display: flex; gap: 4px; align-items: center } .cell .by input { flex: 1; width: 100%; min-width: 0; min-height: 28px } .cell .by output { font-size: 13px; min-width: 3.2em; text-align: right }
  .cell b { font-weight: 650 } svg.answers { max-width: 560px } .status { font-weight: 600 } .told { font-variant-numeric: tabular-nums; min-height: 3em; margin: 6px 0 }
  .settled { display: flex; gap: 3px; align-items: end; height: 120px; max-width: 560px; margin-bottom: 14px } .settled button { flex: 1; display: flex; flex-direction: column; justify-content: end; height: 100%; border: 0; padding: 0; min-width: 0; font-size: 12px; background: none; align-items: stretch }
  .settled i { display: block; background: var(--zero); min-height: 2px } .settled button[aria-pressed=true] i { background: var(--one) }
  @container (max-width: 599px) { .main-row { grid-template-columns: 1fr } }`;

  const BODY = `<style>${STYLE}</style><section aria-label="Live residual network">
    <div class="bar"><label>Network<select name="kind"><option value="residual">residual</option><option value="plain">plain twin</option></select></label>
      <label>BatchNorm's averages<select name="averages"><option value="old">from training</option><option value="fresh">from these 200 images</option></select></label>
      <button class="anew" type="button">All as trained</button><button class="draw" type="button" aria-pressed="false">Draw your own</button></div>
    <div class="strip" role="group" aria-label="Test images"></div>
    <div class="bar"><button class="more" type="button">Ten other images</button><span class="count of" role="status"></span></div>
    <p class="title">After which block is the answer settled? Images by the last block that changed it; choose one to see them</p>
    <div class="settled" role="group" aria-label="Images by the block at which the answer settles"></div>
    <div class="main-row"><div><canvas class="shown" width="28" height="28" role="img"></canvas><p class="told said" aria-live="polite"></p><button class="clear" type="button" hidden>Clear</button></div>
      <div><p class="title">What the head says after the stem and after each block</p><svg class="answers" role="img"></svg></div></div>
    <p class="status told" role="status"></p><div class="blocks"></div></section>`;

  function resnet(box) {
    const held = root.CourseResNet, { host, $, ready } = mount(box, BODY);
    const { classes } = held.images, pixels = bytes(held.images.pixels), labels = bytes(held.images.labels), all = labels.length;
    const code = root.CourseKernels ? bytes(root.CourseKernels) : null;
    const nets = {}, drawn = new Uint8Array(784), seats = [];
    let kind = "residual", plan = [], shown = 0, drawing = false, chosen = null, first = 0, job = null, found = null, whole = {}, pen = [14, 14];

    function net() {
      if (!nets[kind]) {
        const weights = tensors(held[kind] || root.CourseResNet[kind]);
        nets[kind] = { many: new Stream(weights, all, code), one: new Stream(weights, 1, code) };
      }
      return nets[kind];
    }
    const straight = () => kind === "residual";
    const steps = () => plan.filter((p) => p.mode !== "out").map(({ block, mode, scale }) =>
      ({ block, scale: mode === "scaled" ? scale : 1, shortcut: straight() && mode !== "bare" }));
    const fresh = () => $("[name=averages]").value === "fresh";
    const trained = ({ block, mode, scale }, i) => block === i && (mode === "kept" || (mode === "scaled" && scale === 1));
    const untouched = () => plan.every(trained);
    const image = () => (drawing ? drawn : pixels.subarray(784 * shown, 784 * (shown + 1)));
    const share = (right) => `${(100 * right / all).toFixed(1)} %`;

    /* All images through the network, in slices; then the one that is shown, with the averages they gave. */
    function renew() {
      follow(host);
      found = null;
      const mine = job = net().many.run(pixels, all, steps(), { fresh: fresh() });
      if (!fresh()) single(null);
      say("Counting \u2026");
      sliced(mine, host, () => job === mine, counted, 14); // nothing else moves meanwhile
    }
    function counted({ logits, norms }) {
      job = null;
      const answers = logits.map((l) => Array.from({ length: all }, (_, n) => best(l.subarray(10 * n, 10 * n + 10))));
      const right = answers.at(-1).filter((a, n) => a === labels[n]).length;
      found = { answers, right, norms, settled: settle(answers) };
      if (untouched()) whole[kind + fresh()] = right;
      single(found.norms);
      histogram();
      if (chosen !== null) strip();
      verdict();
    }
    function settle(answers) { // the number of blocks after which an image's answer stays what it is
      return Array.from({ length: all }, (_, n) => {
        let at = answers.length - 1;
        while (at > 0 && answers[at - 1][n] === answers.at(-1)[n]) at--;
        return at;
      });
    }
    function single(norms) {
      const { logits, maps } = net().one.now(image(), 1, steps(), { norms, maps: true });
      const chances = logits.map(softmax), last = chances.at(-1), says = best(last);
      const truth = drawing ? "" : ` It is: ${classes[labels[shown]]}.`, sure = `${classes[says]}, ${Math.round(100 * last[says])}\u00a0%.`;
      $(".said").textContent = drawing && !drawn.some(Boolean) ? `Nothing is drawn yet. Even an empty page gets an answer: ${sure}` : `The network says: ${sure}${truth}`;
      paint($(".shown"), image());
      $(".shown").setAttribute("aria-label", drawing ? "Your drawing" : `Test image: ${classes[labels[shown]]}`);
      answersPicture(chances, says);
      let ran = 0;
      seats.forEach((seat, i) => {
        const at = i === 0 ? 0 : plan[i - 1].mode === "out" ? ran : ++ran, top = best(chances[at]);
        map(seat.canvas, maps[at]);
        seat.words.textContent = i && plan[i - 1].mode === "out" ? "left out" : `${classes[top]} ${Math.round(100 * chances[at][top])} %`;
        seat.canvas.setAttribute("aria-label", `Mean over the channels after ${seat.name}; the head says ${seat.words.textContent}`);
      });
    }
    function ink() {
      const [r, g, b] = getComputedStyle(host).color.match(/\d+/g).map(Number);
      return [r, g, b];
    }
    function paint(canvas, values) {
      const context = canvas.getContext("2d"), data = new ImageData(28, 28), [r, g, b] = ink();
      for (let i = 0; i < 784; i++) data.data.set([r, g, b, values[i]], 4 * i);
      if (values === drawn && drawing && canvas.matches(":focus")) data.data.set([r, 128, 255, 255], 4 * (28 * Math.floor(pen[1]) + Math.floor(pen[0])));
      context.putImageData(data, 0, 0);
    }
    function map(canvas, values) { // mean size over the channels, the largest in full ink
      const size = new Float32Array(SIDE * SIDE);
      for (let i = 0; i < MAP; i++) size[(i / CHANNELS) | 0] += Math.abs(values[i]);
      const most = Math.max(...size), data = new ImageData(SIDE, SIDE), [r, g, b] = ink();
      size.forEach((v, i) => data.data.set([r, g, b, Math.round(255 * v / (most || 1))], 4 * i));
      canvas.getContext("2d").putImageData(data, 0, 0);
    }
    function answersPicture(chances, says) {
      const svg = $(".answers"), width = Math.max(240, svg.clientWidth || 420), left = 84, cell = (width - left - 4) / chances.length, row = 19;
      let out = "";
      classes.forEach((name, k) => {
        out += `<text x="${left - 6}" y="${row * k + 14}" text-anchor="end"${k === says ? ' font-weight="700"' : ""}>${name}</text>`;
        chances.forEach((c, at) => {
          out += `<rect x="${left + cell * at + 1}" y="${row * k + 1}" width="${cell - 2}" height="${row - 2}" class="fill" style="--colour:var(--${straight() ? "residual" : "plain"})" fill-opacity="${(0.06 + 0.94 * c[k]).toFixed(2)}"/>`;
        });
      });
      names().forEach((name, at) => { if (cell > 22 || at % 2 === 0) out += `<text x="${left + cell * (at + 0.5)}" y="${row * 10 + 13}" text-anchor="middle">${name}</text>` });
      svg.setAttribute("viewBox", `0 0 ${width} ${row * 10 + 18}`);
      svg.innerHTML = out;
      svg.setAttribute("aria-label", `The head's answer: ${chances.map((c, at) => `${at ? "block " + names()[at] : "stem"}: ${classes[best(c)]}, ${Math.round(100 * c[best(c)])} %`).join("; ")}`);
    }
    const names = () => ["stem", ...plan.filter((p) => p.mode !== "out").map((p) => p.block + 1)];
    function histogram() {
      const counts = found.answers.map((_, at) => found.settled.filter((s) => s === at).length), most = Math.max(...counts);
      if (chosen !== null && chosen >= counts.length) chosen = null;
      $(".settled").innerHTML = counts.map((count, at) => `<button type="button" data-at="${at}"${count ? "" : " disabled"} aria-pressed="${chosen === at}" aria-label="${count} image${count === 1 ? "" : "s"} settled after ${at ? "block " + names()[at] : "the stem"}">${count}<i style="height:${70 * count / most}px"></i>${names()[at]}</button>`).join("");
    }
    function strip() {
      const pool = Array.from({ length: all }, (_, n) => n).filter((n) => chosen === null || !found || found.settled[n] === chosen);
      const ten = Array.from({ length: Math.min(10, pool.length) }, (_, i) => pool[(first + i) % pool.length]);
      $(".strip").replaceChildren(...ten.map((n) => {
        const button = document.createElement("button"), canvas = document.createElement("canvas");
        canvas.width = canvas.height = 28;
        button.type = "button";
        button.append(canvas);
        button.setAttribute("aria-label", classes[labels[n]]);
        button.setAttribute("aria-pressed", String(!drawing && n === shown));
        button.onclick = () => { shown = n; pencil(false); single(fresh() && found ? found.norms : null); strip(); $(".strip").children[ten.indexOf(n)].focus() };
        paint(canvas, pixels.subarray(784 * n, 784 * (n + 1)));
        return button;
      }));
      const there = chosen === null ? 0 : pool.length, whose = `${there} image${there === 1 ? "" : "s"} whose answer`;
      $(".of").textContent = chosen === null ? `${all} test images` : `${whose} ${chosen ? `block ${names()[chosen]} changed last` : "stood after the stem"}. Choose the bar again for all ${all}.`;
    }
    function cells() {
      seats.length = 0;
      $(".blocks").replaceChildren(...["stem", ...plan].map((p, i) => {
        const cell = document.createElement("div"), name = i ? `block ${p.block + 1}` : "the stem";
        const options = Object.entries(MODES).filter(([mode]) => straight() || mode !== "bare")
          .map(([mode, text]) => `<option value="${mode}"${p.mode === mode ? " selected" : ""}>${text}</option>`).join("");
        const mark = () => { cell.className = `cell${i && !trained(p, i - 1) ? " changed" : ""}${i && p.mode === "out" ? " gone" : ""}` };
        mark();
        cell.innerHTML = `<p><b>${i ? name : "stem"}</b></p><canvas width="14" height="14" role="img"></canvas><p class="words"></p>`
          + (i ? `<select aria-label="${name}">${options}</select>` : "")
          + (i && p.mode === "scaled" ? `<label class="by"><input type="range" min="-1" max="3" step="0.05" value="${p.scale}" aria-label="What ${name} adds, times"><output></output></label>` : "")
          + (i && i < plan.length ? `<button type="button" aria-label="Swap ${name} with the next">swap \u2192</button>` : "");
        if (i) cell.querySelector("select").onchange = (event) => { p.mode = event.target.value; p.scale = 0.5; again(i, "select") };
        const by = cell.querySelector("input");
        if (by) {
          const told = () => { cell.querySelector("output").textContent = `\u00d7 ${p.scale}`; mark() };
          by.oninput = () => { p.scale = +by.value; told(); renew() };
          told();
        }
        const swap = cell.querySelector("button");
        if (swap) swap.onclick = () => { [plan[i - 1], plan[i]] = [plan[i], plan[i - 1]]; again(i, "button") };
        seats.push({ canvas: cell.querySelector("canvas"), words: cell.querySelector(".words"), name });
        return cell;
      }));
    }
    function again(i, control) { // the reader stays where the reader was
      cells();
      renew();
      $(".blocks").children[i].querySelector(control).focus();
    }
    function start() {
      plan = net().many.whole(straight()).map(({ block }) => ({ block, mode: "kept", scale: 1 }));
      cells();
      strip();
      renew();
    }
    function say(words) { $(".status").textContent = words }
    function verdict() {
      const before = whole[kind + false], changed = plan.filter((p, i) => !trained(p, i)).length;
      const now = `${share(found.right)} of the ${all} images are classified correctly`;
      if (!changed) return say(`${now}, by the ${straight() ? "residual network" : "plain twin"} as it was trained${fresh() ? ", with averages from these images" : ""}.`);
      say(`${now}${before === undefined ? "" : `; as trained ${share(before)}`}. ${changed} of ${plan.length} places changed, ${fresh() ? "averages from these images" : "averages from training, which no longer fit"}.`);
    }
    function pencil(on) {
      drawing = on;
      $(".draw").setAttribute("aria-pressed", String(on));
      $(".clear").hidden = !on;
      $(".shown").tabIndex = on ? 0 : -1;
      $(".shown").setAttribute("role", on ? "application" : "img");
      $(".said").setAttribute("aria-live", on ? "off" : "polite"); // not at every touch of the pen
    }
    let last = null;
    /* A line from where the pen was, however few events a quick hand gives. */
    function stroke(x, y, anew) {
      const [u, v] = anew || !last ? [x, y] : last, parts = Math.ceil(Math.hypot(x - u, y - v)) || 1;
      for (let i = 1; i <= parts; i++) dab(u + (x - u) * i / parts, v + (y - v) * i / parts);
      last = [x, y];
      single(fresh() && found ? found.norms : null);
    }
    function dab(x, y) {
      for (let v = 0; v < 28; v++) for (let u = 0; u < 28; u++) {
        const near = 2.1 - Math.hypot(u + 0.5 - x, v + 0.5 - y);
        if (near > 0) drawn[28 * v + u] = Math.max(drawn[28 * v + u], Math.min(255, 255 * near));
      }
    }
    $(".draw").onclick = () => { pencil(!drawing); single(fresh() && found ? found.norms : null); strip(); if (drawing) { say("Draw a garment with the mouse, a finger, or arrow keys and Enter or the space bar."); canvas.focus({ preventScroll: true }) } };
    $(".clear").onclick = () => { drawn.fill(0); single(fresh() && found ? found.norms : null) };
    const canvas = $(".shown");
    const at = (event) => { const place = canvas.getBoundingClientRect(); return [28 * (event.clientX - place.left) / place.width, 28 * (event.clientY - place.top) / place.height] };
    canvas.addEventListener("pointerdown", (event) => { if (drawing) { canvas.setPointerCapture(event.pointerId); stroke(...at(event), true) } });
    canvas.addEventListener("pointermove", (event) => { if (drawing && event.buttons) for (const one of event.getCoalescedEvents?.().concat(event) ?? [event]) stroke(...at(one)) });
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!drawing || !(move || event.key === " " || event.key === "Enter")) return;
      event.preventDefault();
      if (move) { pen = pen.map((v, i) => Math.max(1, Math.min(27, v + move[i]))); paint(canvas, drawn) }
      else stroke(...pen, true);
      $(".said").textContent = `Pen at column ${pen[0]}, row ${pen[1]}. ${$(".said").textContent.replace(/^Pen[^.]*\. /, "")}`;
    });
    $(".more").onclick = () => { first += 10; strip() };
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => { if (drawing) paint(canvas, drawn) });
    $(".anew").onclick = () => { $("[name=averages]").value = "old"; start() };
    $("[name=averages]").onchange = renew;
    $(".settled").onclick = (event) => {
      const button = event.target.closest("button");
      if (!button || !found) return;
      chosen = chosen === +button.dataset.at ? null : +button.dataset.at;
      first = 0;
      if (chosen !== null) { // the first of them is the one that is looked at
        pencil(false);
        shown = found.settled.indexOf(chosen);
        single(fresh() ? found.norms : null);
      }
      histogram();
      strip();
      $(`.settled [data-at="${button.dataset.at}"]`).focus();
    };
    $("[name=kind]").onchange = async (event) => {
      const wanted = event.target.value;
      try {
        await twin(wanted);
        kind = wanted;
        start();
      } catch (error) {
        $("[name=kind]").value = kind; // the event has no target any more
        say(error.message);
      }
    };
    function twin(wanted) { // the plain network's weights come when they are asked for
      if (root.CourseResNet[wanted]) return Promise.resolve();
      if (!box.dataset.src) return Promise.reject(new Error("The plain twin comes along with interactive.live_resnet(plain=True)."));
      return new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = box.dataset.src.replace(/resnet\.js$/, `resnet-${wanted}.js`);
        script.onload = done;
        script.onerror = () => failed(new Error("The plain twin's weights could not be loaded."));
        document.head.append(script);
      });
    }
    const restyle = () => { follow(host); strip(); if (!job) single(fresh() && found ? found.norms : null) };
    follow(host);
    start();
    return ready(restyle);
  }
  root.CourseLive = { ...root.CourseLive, resnet };
})(typeof globalThis === "object" ? globalThis : this);
