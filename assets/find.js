/* The search page, before Sphinx's own list of pages: terms and headings in which the words stand. */
const CourseFind = (() => {
  "use strict";
  const MOST = 8;
  const plain = (text) => text.replace(/<[^>]+>/g, "").toLowerCase();

  /* Of `terms` (name to address) and of the index's headings (title to [[page, anchor]]), those that have all
     the words; names and headings that begin with them first, the shorter before the longer. */
  function found(query, terms, headings, names, titles) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const hits = [];
    const look = (text, kind, address, page) => {
      const said = plain(text);
      if (!words.every((word) => said.includes(word))) return;
      const rank = (said.startsWith(words[0]) ? 0 : 1000) + (kind === "term" ? 0 : 100) + Math.min(99, said.length);
      hits.push({ text: text.replace(/<[^>]+>/g, ""), kind, address, page, rank });
    };
    for (const [name, address] of Object.entries(terms)) look(name, "term", address, "Glossary");
    for (const [title, places] of Object.entries(headings)) {
      for (const [page, anchor] of places) {
        if (names[page] === "api") continue; // the course's code comes after its text
        look(title, "heading", `${names[page]}.html${anchor ? `#${anchor}` : ""}`, plain(titles[page]) === plain(title) ? "" : titles[page].replace(/<[^>]+>/g, ""));
      }
    }
    return hits.sort((one, other) => one.rank - other.rank).slice(0, MOST);
  }
  return { found };
})();

if (typeof document !== "undefined") addEventListener("load", () => {
  "use strict";
  const query = new URLSearchParams(location.search).get("q") ?? "";
  const box = document.querySelector(".find input");
  if (box) box.value = query;
  const index = typeof Search === "undefined" ? null : Search._index;
  const terms = JSON.parse(document.getElementById("terms").textContent);
  if (!index) return;
  const hits = CourseFind.found(query, terms, index.alltitles, index.docnames, index.titles);
  const list = document.createElement("ul");
  for (const { text, address, page } of hits) {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = address;
    link.textContent = text;
    item.append(link);
    if (page) item.append(Object.assign(document.createElement("span"), { textContent: page }));
    list.append(item);
  }
  if (hits.length) document.getElementById("first-hits").replaceChildren(list);
});
