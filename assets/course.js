/* What the site does by itself: colours, menu, copying, the place in the text, the time left. */
(() => {
  "use strict";
  const root = document.documentElement;
  const $$ = (query, from = document) => [...from.querySelectorAll(query)];
  const store = (key, value) => { try { localStorage.setItem(key, value) } catch { /* not allowed */ } };

  // Colours: the system's, light, dark.
  const SAID = { auto: "as the system has them", light: "light", dark: "dark" };
  const colours = document.querySelector(".theme-button");
  const say = () => colours.setAttribute("aria-label", `Colours: ${SAID[root.dataset.theme] || SAID.auto}`);
  colours.addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const order = dark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    root.dataset.theme = order[(order.indexOf(root.dataset.theme || "auto") + 1) % 3];
    store("theme", root.dataset.theme);
    say();
  });
  say();

  // The chapters: beside the text where there is room, else over it.
  const menu = document.querySelector(".menu-button"), list = document.getElementById("chapters");
  const wide = matchMedia("(min-width: 75rem)");
  const shown = () => wide.matches ? !root.classList.contains("no-menu") : root.classList.contains("menu");
  const tell = () => menu.setAttribute("aria-expanded", String(shown()));
  const close = () => { root.classList.remove("menu"); tell() };
  list.addEventListener("click", (event) => { if (event.target.closest("a[href^='#']")) close() });
  menu.addEventListener("click", () => {
    root.classList.toggle(wide.matches ? "no-menu" : "menu");
    tell();
    if (!wide.matches && shown()) (list.querySelector(".current > a") ?? list.querySelector("a"))?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.classList.contains("menu")) { close(); menu.focus() }
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      event.preventDefault();
      document.querySelector(".find input").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (root.classList.contains("menu") && !list.contains(event.target) && !menu.contains(event.target)) close();
  });
  wide.addEventListener("change", close);
  tell();

  // Copying code.
  for (const input of $$(".cell_input")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const text = input.querySelector("pre").textContent;
      try {
        await navigator.clipboard.writeText(text);
      } catch { // a page opened as a file, or an old browser
        const area = Object.assign(document.createElement("textarea"), { value: text });
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy" }, 1500);
    });
    input.append(button);
  }

  // A figure that has to be wider than the page says so.
  const swipes = () => { for (const said of $$(".swipe")) { const row = said.previousElementSibling; said.hidden = row.scrollWidth <= row.clientWidth + 1 } };
  addEventListener("resize", swipes);
  addEventListener("load", swipes);
  swipes();

  // The narrower pictures of a slider.
  for (const box of $$(".course-slider[data-phones]")) {
    const places = box.dataset.phones.split(" ");
    box.addEventListener("input", (event) => { box.querySelector("source").srcset = places[+event.target.value] });
  }

  // Where the reader is, and how long the rest takes.
  const links = new Map($$(".margin nav a").map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
  const headings = $$("main :is(section, span)[id]").filter((part) => links.has(part.id));
  const left = document.querySelector(".left"), article = document.querySelector("article");
  const parts = left ? $$("p, li, h2, h3, td", article).filter((part) => !part.closest("details") && !part.querySelector("p")) : [];
  const words = parts.map((part) => part.textContent.trim().split(/\s+/).length);
  const whole = words.reduce((sum, count) => sum + count, 0) || 1;
  let waiting = false;
  const look = () => {
    waiting = false;
    let current = null;
    for (const part of headings) if (part.getBoundingClientRect().top < innerHeight / 3) current = part;
    for (const [id, a] of links) a.toggleAttribute("aria-current", current !== null && id === current.id);
    if (current) links.get(current.id).setAttribute("aria-current", "true");
    if (left) {
      let rest = 0;
      parts.forEach((part, i) => { if (part.getBoundingClientRect().top > innerHeight / 2) rest += words[i] });
      const minutes = Math.round(rest / whole * (Number(left.dataset.minutes) || whole / 200));
      left.hidden = false;
      left.textContent = minutes > 0 ? `${minutes} min left to read` : "You have read it all.";
    }
  };
  if (left || links.size) {
    addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(look) } }, { passive: true });
    look();
  }

  // On paper folds are open, but for those that hold plumbing.
  addEventListener("beforeprint", () => {
    for (const image of $$("img[loading]")) image.loading = "eager";
    for (const fold of $$("main details:not([open])")) {
      if (!fold.closest(".tag_is-setup, .tag_is-imports, .tag_is-proof, .tag_is-figure")) {
        fold.open = true;
        fold.dataset.printed = "";
      }
    }
  });
  addEventListener("afterprint", () => {
    for (const fold of $$("details[data-printed]")) { fold.open = false; delete fold.dataset.printed }
  });

  // The landing page: the visitor draws a curve before the measured one is shown.
  const SVG = "http://www.w3.org/2000/svg";
  const element = (name, attributes, parent) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent?.append(made);
    return made;
  };
  const figure = document.querySelector(".guess");
  if (figure) ask(figure, JSON.parse(figure.dataset.curve));

  function ask(figure, { depths, means, most, top, bottom, x }) {
    const svg = figure.querySelector("svg"), said = figure.querySelector(".said");
    const y = (error) => bottom - (error / most) * (bottom - top);
    const guess = depths.map(() => means.plain[0]);
    const touched = new Set();
    const mine = element("g", { class: "mine" }, svg);
    const way = element("path", {}, mine);
    const name = element("text", { "text-anchor": "end" }, mine);
    name.textContent = "your guess";
    element("circle", { r: 5, cx: x[0], cy: y(guess[0]) }, element("g", { class: "start plain" }, svg));
    const handles = depths.map((depth, i) => i && element("circle", {
      r: 8, cx: x[i], tabindex: 0, role: "slider", "aria-orientation": "vertical",
      "aria-label": `Your guess for ${depth} layers, percent`, "aria-valuemin": 0, "aria-valuemax": most,
    }, mine));
    const draw = () => {
      way.setAttribute("d", "M" + guess.map((error, i) => `${x[i]} ${y(error)}`).join("L"));
      handles.forEach((handle, i) => {
        if (!handle) return;
        handle.setAttribute("cy", y(guess[i]));
        handle.setAttribute("aria-valuenow", guess[i].toFixed(1));
      });
      const last = guess.length - 1;
      name.setAttribute("x", x[last]);
      // Above the end of the curve, or below it where the name of a measured one stands there.
      const free = (at) => Object.values(means).every((mean) => Math.abs(at - y(mean[last]) + 12) > 15);
      name.setAttribute("y", [y(guess[last]) - 14, y(guess[last]) + 26].find(free) ?? y(guess[last]) - 14);
    };
    const put = (i, error) => {
      guess[i] = Math.min(most, Math.max(0, error));
      touched.add(i);
      // What lies farther right follows until it is drawn itself.
      for (let j = i + 1; j < guess.length && !touched.has(j); j++) guess[j] = guess[i];
      draw();
    };
    const asking = () => figure.classList.contains("asking");
    const move = (event) => {
      if (!asking() || (event.type === "pointermove" && !event.buttons)) return;
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const near = x.reduce((best, value, i) => Math.abs(value - at.x) < Math.abs(x[best] - at.x) ? i : best, 0);
      if (near) put(near, ((bottom - at.y) / (bottom - top)) * most);
      event.preventDefault();
    };
    svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); move(event) });
    svg.addEventListener("pointermove", move);
    handles.forEach((handle, i) => handle && handle.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 0.5, ArrowRight: 0.5, ArrowDown: -0.5, ArrowLeft: -0.5, PageUp: 5, PageDown: -5 }[event.key];
      if (!asking() || !step) return;
      event.preventDefault();
      put(i, guess[i] + step);
    }));
    const buttons = document.createElement("p");
    buttons.className = "buttons";
    const button = (text, quiet, act) => {
      const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      if (quiet) made.className = "quiet";
      made.addEventListener("click", act);
      buttons.append(made);
      return made;
    };
    const show = button("Show what was measured", false, () => {
      const last = depths.length - 1;
      said.textContent = touched.size === 0 ? "" :
        `For ${depths[last]} layers you drew ${guess[last].toFixed(1)} %; measured were ${means.plain[last].toFixed(1)} %.`;
      figure.classList.replace("asking", "shown");
      mine.style.display = touched.size ? "" : "none";
      handles.forEach((handle) => handle && handle.removeAttribute("tabindex"));
      show.hidden = true;
      again.hidden = false;
      caption.focus();
    });
    const again = button("Draw again", true, () => {
      figure.classList.replace("shown", "asking");
      touched.clear();
      guess.fill(means.plain[0]);
      mine.style.display = "";
      handles.forEach((handle) => handle && handle.setAttribute("tabindex", 0));
      show.hidden = false;
      again.hidden = true;
      draw();
    });
    again.hidden = true;
    const caption = figure.querySelector("figcaption");
    caption.tabIndex = -1;
    caption.before(buttons);
    figure.querySelector(".task").hidden = false;
    figure.querySelectorAll(".measured path").forEach((path) => path.setAttribute("pathLength", 1));
    // It can be worked now; the words of the picture would tell what is asked.
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", "Training error by depth, to be drawn");
    figure.classList.add("asking");
    draw();
  }

  // The path of chapters: what leads to a chapter is lit.
  for (const row of $$(".path li")) {
    const light = (on) => () => {
      for (const arc of $$(`.path [data-to="${row.dataset.row}"]`)) arc.classList.toggle("lit", on);
    };
    row.addEventListener("pointerenter", light(true));
    row.addEventListener("pointerleave", light(false));
    row.addEventListener("focusin", light(true));
    row.addEventListener("focusout", light(false));
  }
})();
