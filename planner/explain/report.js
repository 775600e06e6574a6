
"use strict";
for (const table of document.querySelectorAll("table.data")) {
  const body = table.tBodies[0];
  const key = (row, i) => {
    const cell = row.cells[i], v = cell.dataset.v;
    if (v !== undefined) return Number(v);
    const text = cell.textContent.trim();
    if (!cell.classList.contains("n")) return text;
    const number = Number.parseFloat(text.replace(/[^0-9.-]/g, ""));
    return Number.isNaN(number) ? -Infinity : number;
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const down = was ? was === "ascending" : head.classList.contains("n");
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = [...body.rows].map((row) => [key(row, i), row]);
      keyed.sort(([a], [b]) => {
        const order = typeof a === "number" && typeof b === "number" ? a - b
          : String(a).localeCompare(String(b), "en", { numeric: true });
        return down ? -order : order;
      });
      body.append(...keyed.map(([, row]) => row));
    });
  });
  if (body.rows.length > 15) {
    const field = document.createElement("input");
    field.type = "search";
    field.className = "filter";
    field.placeholder = "Filter " + body.rows.length + " rows";
    field.setAttribute("aria-label", "Filter: " + table.caption.textContent);
    field.addEventListener("input", () => {
      const want = field.value.toLowerCase();
      for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(want);
    });
    table.parentElement.before(field);
  }
}
const boxes = document.querySelector(".boxes");
const pick = (event) => {
  const link = event.target.closest("a[data-w]");
  boxes.querySelectorAll(".hit").forEach((hit) => hit.classList.remove("hit"));
  boxes.classList.toggle("pick", link !== null);
  if (link) boxes.querySelectorAll('[data-w="' + link.dataset.w + '"]').forEach((hit) => hit.classList.add("hit"));
};
const drop = () => boxes.classList.remove("pick");
const legend = document.querySelector(".legend");
if (boxes && legend) {
  legend.addEventListener("mouseover", pick);
  legend.addEventListener("focusin", pick);
  legend.addEventListener("mouseleave", drop);
  legend.addEventListener("focusout", drop);
}
