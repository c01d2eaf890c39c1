/* The site asks before it tells: guesses and quizzes. What the reader did stays in this browser. */
const CourseAsk = (() => {
  "use strict";

  /* A number as Python's "{:.3g}" writes it. */
  function short(value) {
    if (value === 0) return "0";
    const [digits, power] = value.toExponential(2).split("e").map(Number);
    if (power >= -4 && power < 3) return String(Number(value.toPrecision(3)));
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }

  /* What a reader typed, as a value; undefined where it is none of the kind asked for. */
  function parsed(kind, text) {
    const typed = text.trim();
    if (kind === "number") {
      const signed = typed.replace("−", "-"), share = /^(-?\d+) *\/ *(\d+)$/.exec(signed);
      if (share) return Number(share[2]) ? Number(share[1]) / Number(share[2]) : undefined;
      // 37,000 as the course writes it; else a comma is that of half the world, 0,5.
      const number = /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(signed)
        ? signed.replaceAll(",", "") : signed.replace(/^([^.,]*),([^.,]*)$/, "$1.$2");
      return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(number) ? Number(number) : undefined;
    }
    if (kind === "several") {
      const inside = typed.replace(/^[[(]|[\])]$/g, "");
      return /^\s*-?\d+([\s,x×]+-?\d+)*[\s,]*$/.test(inside) ? inside.match(/-?\d+/g).map(Number) : undefined;
    }
    return typed ? typed.toLowerCase().replace(/^["'`]|["'`]$/g, "") : undefined;
  }

  /* What was measured, as a value to compare with. */
  function value(kind, text) {
    return kind === "choice" ? text : parsed(kind, text);
  }

  function said(guess) {
    if (Array.isArray(guess)) return guess.join(", ");
    return typeof guess === "number" && !Number.isInteger(guess) ? short(guess) : String(guess);
  }

  /* What became of a guess: the words of utils.predictions.verdict. */
  function verdict(guess, measured) {
    if (typeof measured !== "number") return String(guess) === String(measured) ? "right" : "a surprise";
    const off = Math.abs(guess - measured), side = guess > measured ? "high" : "low";
    if (off <= 0.05 * Math.abs(measured)) return "close";
    const ratio = guess && measured ? Math.max(guess / measured, measured / guess) : 0;
    return ratio >= 2 ? `too ${side} by a factor of ${times(ratio)}` : `too ${side} by ${short(off)}`;
  }

  /* A factor in two digits, or one after the point. */
  function times(ratio) {
    if (ratio < 10) return ratio.toFixed(1);
    return ratio < 1e15 ? Number(ratio.toPrecision(2)).toLocaleString("en-US") : short(ratio);
  }

  return { short, parsed, value, said, verdict };
})();

if (typeof document !== "undefined") (() => {
  "use strict";
  const { parsed, value, said, verdict } = CourseAsk;
  const $$ = (query, from = document) => [...from.querySelectorAll(query)];
  const make = (tag, attributes = {}, ...inside) => {
    const made = tag.includes(":") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
    for (const [name, what] of Object.entries(attributes)) {
      if (typeof what === "function") made.addEventListener(name, what); else made.setAttribute(name, what);
    }
    made.append(...inside);
    return made;
  };
  const PAGE = location.pathname.split("/").pop().replace(/\.html$/, "");

  // What is kept: in this browser alone.
  const KEY = "residual-networks";
  const empty = () => ({ guesses: {}, questions: {}, read: {}, always: false });
  let kept = empty(), allowed = true;
  const stored = () => {
    const found = empty();
    let text = null;
    try { text = localStorage.getItem(KEY) } catch { allowed = false }
    if (!allowed) return kept; // for this page only
    try {
      const before = JSON.parse(text) ?? {};
      for (const part of ["guesses", "questions", "read"]) Object.assign(found[part], before[part]);
      found.always = before.always === true;
    } catch { /* damaged: it is written anew */ }
    return found;
  };
  kept = stored();
  const keep = (change) => {
    kept = stored(); // another page may have written meanwhile
    change(kept);
    try { localStorage.setItem(KEY, JSON.stringify(kept)) } catch { allowed = false }
  };

  // A guess first, then what was measured.
  const answers = new Map($$("p.reveal").map((line) => [line.querySelector("b").textContent, line]));
  for (const line of answers.values()) line.dataset.plain = line.innerHTML;

  // Code in which a result can be read: the caption of a figure, the replies to a guess, an assertion.
  const TELLS = /\bcaption=|\breveal\(|\bassert\b/;

  /* What a guess covers: results up to its answer with the code that tells them, and the text after that, to
     the next cell; but never the paragraph in which the next guess is asked for. */
  function covers(cell, names) {
    const found = [], lines = names.map((name) => answers.get(name));
    let seen = 0, after = false;
    for (let part = cell.nextElementSibling; part && !/^(SECTION|H\d)$/.test(part.tagName); part = part.nextElementSibling) {
      const code = part.matches(".cell");
      if (part.matches(".tag_is-guess") || (after && part.matches(".tag_is-code"))) {
        if (!after) continue;
        if (part.matches(".tag_is-guess") && found.at(-1) === part.previousElementSibling && found.at(-1).matches("p")) found.pop();
        break;
      }
      if (code) {
        const shown = TELLS.test(part.querySelector(".cell_input")?.textContent) ? part : part.querySelector(".cell_output");
        if (shown) found.push(shown);
      } else if (after) found.push(part);
      seen += lines.filter((line) => part.contains(line)).length;
      after = seen >= lines.length;
    }
    return seen ? found : [];
  }

  function ask(box) {
    const asked = JSON.parse(box.dataset.ask), cell = box.closest(".cell");
    const key = (guess) => `${PAGE}/${guess.name}`;
    const behind = covers(cell, asked.map((guess) => guess.question));
    const status = make("p", { class: "said", role: "status" });
    const fields = asked.map((guess, i) => {
      if (guess.kind !== "choice") {
        const hint = { number: "a number", several: "whole numbers, as in 64, 56, 56", text: "a word" }[guess.kind];
        const input = make("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: hint });
        if (guess.kind === "number") input.inputMode = "text"; // a minus and an e must be there
        return { part: make("label", { class: "field" }, make("span", {}, guess.question), input), read: () => input.value, at: input };
      }
      const radios = guess.choices.map((choice) => make("input", { type: "radio", name: `${box.id}${guess.name}${i}`, value: choice }));
      const part = make("fieldset", {}, make("legend", {}, guess.question),
        ...guess.choices.map((choice, j) => make("label", {}, radios[j], choice)));
      return { part, read: () => radios.find((radio) => radio.checked)?.value ?? "", at: radios[0] };
    });
    const note = (text, ...more) => status.replaceChildren(text, ...more);
    const form = make("form", { class: "guess-form", submit: (event) => { event.preventDefault(); commit() } },
      ...fields.map((field) => field.part),
      make("p", { class: "buttons" }, make("button", {}, "That is my guess"),
        make("button", { type: "button", class: "quiet", click: () => { cover(false); note("Shown. ", ...offer()) } }, "Show without guessing")));
    const offer = () => kept.always ? [] : [make("button", {
      type: "button", class: "link", click: () => { keep((all) => { all.always = true }); note("From now on results are shown at once, on every page. The page of your progress changes that again.") },
    }, "Always show results at once")];

    function commit() {
      const values = asked.map((guess, i) => fields[i].read() === "" ? null : guess.kind === "choice" ? fields[i].read() : parsed(guess.kind, fields[i].read()));
      const wrong = values.findIndex((one) => one === undefined);
      if (wrong >= 0) {
        const needed = { number: "a number is needed, such as 0.25 or 3e-4", several: "whole numbers are needed, such as 64, 56, 56", text: "a word is needed" }[asked[wrong].kind];
        note(`${asked[wrong].question}: ${needed}.`);
        return fields[wrong].at.focus();
      }
      if (values.every((one) => one === null)) {
        note("Nothing is guessed yet: answer one question at least.");
        return fields[0].at.focus();
      }
      keep((all) => asked.forEach((guess, i) => {
        if (values[i] !== null) all.guesses[key(guess)] = { question: guess.question, guess: values[i], measured: value(guess.kind, guess.measured) };
      }));
      show();
      status.tabIndex = -1;
      status.focus();
    }

    /* Guessed before, here or earlier: what was said is drawn into the results. */
    function show() {
      const mine = asked.map((guess) => kept.guesses[key(guess)]);
      asked.forEach((guess, i) => draw(guess, mine[i]));
      const words = asked.flatMap((guess, i) => mine[i] ? [`${guess.question}: ${said(mine[i].guess)}`] : []);
      form.hidden = words.length > 0;
      cover(words.length === 0 && !kept.always);
      if (words.length) note(`You said ${words.join("; ")}. What was measured stands below. `, make("button", { type: "button", class: "link", click: again }, "Guess again"));
    }
    function again() {
      keep((all) => asked.forEach((guess) => delete all.guesses[key(guess)]));
      note("");
      show();
      fields[0].at.focus();
    }
    function cover(on) {
      for (const part of behind) {
        if (on) part.setAttribute("hidden", "until-found"); else part.removeAttribute("hidden");
      }
      box.classList.toggle("covers", on && behind.length > 0);
    }
    for (const part of behind) part.addEventListener("beforematch", () => cover(false));
    cell.querySelector(".cell_input").hidden = true;
    box.append(form, status);
    show();
  }

  /* A line of results with the reader's guess in it. */
  function draw(guess, mine) {
    const line = answers.get(guess.question);
    if (!line) return;
    line.innerHTML = line.dataset.plain;
    if (!mine) return;
    const measured = value(guess.kind, guess.measured);
    const name = line.querySelector("b");
    line.replaceChildren(name, `you said ${said(mine.guess)}, measured ${guess.measured}: ${verdict(mine.guess, measured)}.`);
    const reply = guess.replies[guess.kind === "several" ? `(${said(mine.guess)})` : String(mine.guess)];
    if (reply) line.append(make("span", { class: "reply" }, reply));
    if (guess.kind === "number") line.append(scale(mine.guess, measured));
    if (guess.kind === "choice") {
      line.append(make("span", { class: "choices" }, ...guess.choices.map((choice) => make("span", {
        class: `choice${choice === guess.measured ? " measured" : ""}${choice === mine.guess ? " mine" : ""}`,
      }, choice, make("small", {}, [choice === mine.guess && "you", choice === guess.measured && "measured"].filter(Boolean).join(", "))))));
    }
  }

  /* Two numbers on a line, its steps factors where they lie far apart. */
  function scale(mine, measured) {
    const WIDE = 340, EDGE = 60;
    const factors = mine > 0 && measured > 0 && Math.max(mine / measured, measured / mine) >= 20;
    const at = factors ? Math.log10 : (number) => number;
    const ends = [at(mine), at(measured), ...(factors ? [] : [0])], low = Math.min(...ends), high = Math.max(...ends);
    const x = (number) => high > low ? EDGE + (at(number) - low) / (high - low) * (WIDE - 2 * EDGE) : WIDE / 2;
    const zero = factors ? [] : [make("svg:path", { class: "zero", d: `M${x(0)} 24v12` })];
    const words = `You said ${said(mine)}, measured ${CourseAsk.short(measured)}${factors ? "; each step of the line is a factor" : ""}.`;
    return make("svg:svg", { class: "scale", viewBox: `0 0 ${WIDE} 60`, role: "img", "aria-label": words },
      make("svg:path", { d: `M8 30H${WIDE - 8}` }), ...zero,
      make("svg:circle", { class: "measured", cx: x(measured), cy: 30, r: 5 }),
      make("svg:text", { class: "measured", x: x(measured), y: 16, "text-anchor": "middle" }, `measured ${CourseAsk.short(measured)}`),
      make("svg:circle", { class: "mine", cx: x(mine), cy: 30, r: 6 }),
      make("svg:text", { class: "mine", x: x(mine), y: 54, "text-anchor": "middle" }, `you ${said(mine)}`));
  }

  $$(".ask[data-ask]").forEach((box, i) => { box.id = `ask-${i + 1}`; ask(box) });

  // A quiz: each fold of a question is an answer, and says whether it is right.
  $$("#check-yourself li").forEach((item, i) => {
    const folds = $$(":scope > details, :scope > div > details", item);
    if (folds.length < 2) return;
    const key = `${PAGE}/${i + 1}`, right = (fold) => fold.querySelector("strong")?.textContent.startsWith("Right");
    item.classList.add("quiz");
    const again = make("button", { type: "button", class: "link", hidden: "", click: () => {
      folds.forEach((fold) => { fold.open = false; fold.classList.remove("right", "wrong") });
      again.hidden = true;
      folds[0].querySelector("summary").focus();
    } }, "Close them and try again");
    item.append(again);
    for (const fold of folds) fold.addEventListener("toggle", () => {
      if (!fold.open || fold.dataset.printed !== undefined || fold.classList.length) return;
      fold.classList.add(right(fold) ? "right" : "wrong");
      again.hidden = false;
      keep((all) => {
        const before = all.questions[key];
        all.questions[key] = { first: before ? before.first : right(fold), right: Boolean(before?.right || right(fold)) };
      });
    });
  });

  // A chapter whose end was seen has been read.
  const end = document.querySelector(".chapter .turn");
  if (end && "IntersectionObserver" in window) new IntersectionObserver((seen) => {
    if (seen.some((one) => one.isIntersecting) && !kept.read[PAGE]) {
      keep((all) => { all.read[PAGE] = new Date().toISOString().slice(0, 10) });
      mark();
    }
  }).observe(end);
  const mark = () => {
    for (const link of $$(".chapters a")) {
      const name = link.href.split("#")[0].split("/").pop().replace(/\.html$/, "") || PAGE;
      link.classList.toggle("is-read", Boolean(kept.read[name]));
    }
  };
  mark();

  // The page of the reader's progress.
  const page = document.querySelector(".progress");
  if (page) progress(page, JSON.parse(page.dataset.chapters));

  function progress(page, chapters) {
    const status = make("p", { class: "said", role: "status" });
    const body = make("tbody"), head = ["Chapter", "Read", "Guesses", "Questions right", "At first try"];
    const fill = () => {
      body.replaceChildren(...chapters.map(({ name, title, guesses, questions }) => {
        const mine = (all) => Object.entries(all).filter(([key]) => key.startsWith(`${name}/`)).map(([, one]) => one);
        const answered = mine(kept.questions);
        const of = (count, all) => all ? `${count} of ${all}` : "–";
        const cells = [kept.read[name] ? "yes" : "not yet", of(mine(kept.guesses).length, guesses),
          of(answered.filter((one) => one.right).length, questions), answered.length ? `${answered.filter((one) => one.first).length} of ${answered.length}` : "–"];
        return make("tr", {}, make("th", { scope: "row" }, make("a", { href: `chapters/${name}.html` }, title)), ...cells.map((text) => make("td", {}, text)));
      }));
      always.checked = kept.always;
    };
    const always = make("input", { type: "checkbox", change: () => keep((all) => { all.always = always.checked }) });
    const save = make("button", { type: "button", click: () => {
      const file = new Blob([JSON.stringify(stored(), null, 1) + "\n"], { type: "application/json" });
      const link = make("a", { href: URL.createObjectURL(file), download: "residual-networks-progress.json" });
      document.body.append(link);
      link.click();
      link.remove();
      status.textContent = "Saved as residual-networks-progress.json, in the folder of your downloads.";
    } }, "Save it as a file");
    const erase = make("button", { type: "button", class: "quiet", click: () => {
      if (erase.dataset.sure === undefined) {
        erase.dataset.sure = "";
        erase.textContent = "Yes, erase it all";
        status.textContent = "This can't be undone. Press once more to erase it.";
        return;
      }
      try { localStorage.removeItem(KEY) } catch { /* nothing was kept */ }
      kept = empty();
      delete erase.dataset.sure;
      erase.textContent = "Erase it";
      status.textContent = "Erased.";
      fill();
      mark();
    } }, "Erase it");
    page.replaceChildren(
      make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Table" }, make("table", {},
        make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))), body)),
      make("p", {}, make("label", {}, always, " Show results at once, without asking for a guess")),
      make("p", { class: "buttons" }, save, erase), status);
    fill();
  }
})();
