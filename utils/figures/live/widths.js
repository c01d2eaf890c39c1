/* Residual blocks for tables, of any widths: what each shortcut does, and what PyTorch says where the widths
   do not agree. `CourseWidths` needs no page; `CourseLive.widths(box)` puts the figure into an element. */
(function (root) {
  "use strict";
  const ROWS = 32;
  const SHORTCUTS = { identity: "nn.Identity()", zeros: "zero padding", matrix: "a matrix W_s", none: "none" };

  /* Follow a table of `columns` through blocks [{ width, shortcut }], whose branches have `hidden` units.
     Rows of { ins, outs, parameters, added, warning }, or, where PyTorch would stop, { error }. */
  function follow(columns, blocks, hidden = 64) {
    const found = [];
    let now = columns;
    for (const { width, shortcut } of blocks) {
      const row = { ins: now, outs: width, parameters: now * hidden + hidden + hidden * width + width, added: 0, warning: "" };
      found.push(row);
      if (shortcut === "matrix") row.added = now * width;
      if (shortcut === "zeros" && width < now) row.warning = `F.pad with a negative number cuts ${now - width} column${now - width > 1 ? "s" : ""} off, without a word.`;
      if (shortcut === "identity" && width !== now) {
        if (width !== 1 && now !== 1) {
          row.error = `The size of tensor a (${now}) must match the size of tensor b (${width}) at non-singleton dimension 1`;
          return found;
        }
        row.warning = `No error: the ${now === 1 ? "shortcut's" : "branch's"} single column is added to each of the other's ${Math.max(width, now)}. This is broadcasting, and hardly what was meant.`;
        row.outs = Math.max(width, now);
      }
      now = row.outs;
    }
    return found;
  }
  root.CourseWidths = { follow, SHORTCUTS, ROWS };
  if (typeof module === "object") module.exports = root.CourseWidths;
  if (!root.CourseCharts) return;

  const { CSS, follow: colours, mount, options, natural } = root.CourseCharts, BLOCKS = 3;
  const block = (i) => `<div class="bar"><b>Block ${i + 1}</b><label>Columns out<input type="number" name="width${i}" min="1" max="999" value="${[16, 32, 64][i]}"></label>
    <label>Shortcut<select name="shortcut${i}">${options(Object.entries(SHORTCUTS))}</select></label></div>`;
  const BODY = `<style>${CSS} svg.flow { max-width: 640px } b { align-self: center; min-width: 4.5em } code { font: 14px/1.5 var(--mono, ui-monospace, monospace); overflow-wrap: anywhere }
    .said { margin: 4px 0 10px; min-height: 1.5em } .said.bad { font-weight: 600 } .said.bad::before { content: "\\2717\\00a0" } .said.odd::before { content: "!\\00a0" }</style>
    <section aria-label="Residual blocks of any widths">
    <div class="bar"><label>Columns of the table<input type="number" name="columns" min="1" max="999" value="9"></label>
      <label>Hidden units<input type="number" name="hidden" min="1" max="999" value="64"></label></div>
    ${Array.from({ length: BLOCKS }, (_, i) => block(i) + `<p class="said said${i}"></p>`).join("")}
    <svg class="flow" role="img"></svg><p class="status" role="status"></p></section>`;

  function widths(box) {
    const { host, $, ready } = mount(box, BODY), typed = (name) => natural($(`[name=${name}]`).value, 999);
    const many = (n) => n.toLocaleString("en");
    function draw() {
      colours(host);
      const columns = typed("columns"), blocks = Array.from({ length: BLOCKS }, (_, i) => ({ width: typed(`width${i}`), shortcut: $(`[name=shortcut${i}]`).value }));
      const rows = follow(columns, blocks, typed("hidden")), last = rows[rows.length - 1];
      for (let i = 0; i < BLOCKS; i++) {
        const row = rows[i], line = $(`.said${i}`);
        line.className = `said said${i} ${row && row.error ? "bad" : row && row.warning ? "odd" : ""}`;
        if (!row) line.textContent = "Not reached.";
        else if (row.error) line.innerHTML = `<code>RuntimeError: ${row.error}</code>`;
        else line.textContent = row.warning || `${ROWS} x ${row.ins} becomes ${ROWS} x ${row.outs}. ${many(row.parameters)} parameters in the branch, ${row.added ? many(row.added) : "none"} in the shortcut.`;
      }
      picture(columns, blocks, rows);
      const total = rows.reduce((sum, row) => sum + row.parameters + row.added, 0), odd = rows.some((row) => row.warning);
      $(".status").textContent = last.error ? `Block ${rows.length} cannot add ${last.ins} columns to ${last.outs}. Padding, a matrix, or equal widths would do.`
        : `It runs${odd ? ", but see the line marked with !" : ""}: ${columns} columns become ${last.outs}. ${many(total)} parameters, ${many(rows.reduce((sum, row) => sum + row.added, 0))} of them in shortcuts.`;
    }
    function picture(columns, blocks, rows) {
      const svg = $(".flow"), width = Math.max(240, svg.clientWidth || 560), slot = width / (BLOCKS + 1), high = 70;
      const most = Math.max(columns, ...rows.map((row) => row.outs)), tall = (n) => Math.max(3, high * n / most), x = (i) => slot * (i + 0.5);
      const bar = (i, n) => `<rect class="fill" style="--colour:var(--ink)" x="${x(i) - 5}" width="10" y="${24 + high - tall(n)}" height="${tall(n)}"/><text x="${x(i)}" y="${high + 40}" text-anchor="middle">${n}</text>`;
      let out = bar(0, columns);
      rows.forEach((row, i) => {
        const { shortcut } = blocks[i], from = x(i) + 8, to = x(i + 1) - 8;
        out += `<path class="line plain" d="M${from} ${24 + high - 4}H${to}"/>`;
        if (shortcut !== "none") out += `<path class="line residual ${shortcut === "identity" ? "" : "second"}" d="M${from} ${24 + high - 14}Q${(from + to) / 2} ${row.error ? 40 : 6} ${row.error ? to - slot / 4 : to} ${24 + high - 14}"/>`;
        if (!row.error) out += bar(i + 1, row.outs);
        else out += `<text x="${to}" y="${24 + high - 24}" text-anchor="middle" font-weight="700">\u2717</text>`;
      });
      svg.setAttribute("height", high + 46);
      svg.innerHTML = out;
      svg.setAttribute("aria-label", `Columns: ${[columns, ...rows.map((row) => row.error ? "stops" : row.outs)].join(", then ")}`);
    }
    const names = ["columns", "hidden", ...Array.from({ length: BLOCKS }, (_, i) => [`width${i}`, `shortcut${i}`]).flat()];
    for (const name of names) $(`[name=${name}]`).addEventListener(name.startsWith("shortcut") ? "change" : "input", draw);
    draw();
    return ready(draw);
  }
  root.CourseLive = { ...root.CourseLive, widths };
})(typeof globalThis === "object" ? globalThis : this);
