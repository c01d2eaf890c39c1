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
  menu.addEventListener("click", () => {
    root.classList.toggle(wide.matches ? "no-menu" : "menu");
    tell();
    if (!wide.matches && shown()) list.querySelector("a")?.focus();
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

  // Where the reader is, and how long the rest takes.
  const links = new Map($$(".margin nav a").map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
  const headings = $$("main :is(section, span)[id]").filter((part) => links.has(part.id));
  const left = document.querySelector(".left"), article = document.querySelector("article");
  const parts = left ? $$("p, li, h2, h3", article).filter((part) => !part.closest("details")) : [];
  const words = parts.map((part) => part.textContent.trim().split(/\s+/).length);
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
      const minutes = Math.round(rest / 200);
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
})();
