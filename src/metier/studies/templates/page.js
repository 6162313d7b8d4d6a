"use strict";
// Without this script the page shows everything; with it, what one asks for.
document.documentElement.classList.add("js");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// One target at a time; a link to a section shows the page that it is in.
const pages = all(".page");
function turn() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const page = wanted?.closest(".page") ?? pages[0];
  const before = pages.find((one) => !one.classList.contains("away"));
  for (const one of pages) one.classList.toggle("away", one !== page);
  for (const link of all("nav.pages a")) {
    if (link.hash === "#" + page.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (wanted && (page !== before || wanted !== page)) wanted.scrollIntoView();
}
addEventListener("hashchange", turn);
turn();

// Tables are sorted by a click on a heading; rows without a value stay last.
function order(heading) {
  const table = heading.closest("table");
  const column = heading.cellIndex;
  const first = heading.dataset.sort;
  const other = first === "ascending" ? "descending" : "ascending";
  const direction = heading.getAttribute("aria-sort") === first ? other : first;
  for (const one of all("th[aria-sort]", table)) one.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const byName = column === 0;
  const value = (row) => {
    const cell = row.cells[column];
    if (byName) return folded(cell.textContent.trim());
    return cell?.dataset.v === undefined ? null : Number(cell.dataset.v);
  };
  const compare = (a, b) => {
    if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
    return sign * (byName ? a.value.localeCompare(b.value) : a.value - b.value);
  };
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, value: value(row) }));
  body.append(...rows.sort(compare).map((one) => one.row));
}
for (const heading of all("th[data-sort]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sort";
  button.append(...heading.childNodes);
  button.addEventListener("click", () => order(heading));
  heading.append(button);
}

// A table that fits need not scroll within itself, and its headings stay in sight.
const fitting = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    const table = target.querySelector("table");
    const fits = table !== null && table.offsetWidth <= target.clientWidth;
    target.classList.toggle("fits", fits);
    target.tabIndex = fits ? -1 : 0;
  }
});
for (const one of all(".scroll")) fitting.observe(one);

// Long lists show their beginning until one asks for the rest.
for (const list of all("[data-long]")) {
  const more = all(":scope > .more, :scope > tbody > .more, :scope > ul > .more", list).length;
  if (!more) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "all";
  const what = list.dataset.long ? ` ${list.dataset.long}` : "";
  const name = () => {
    const open = list.classList.contains("open");
    button.textContent = open ? "show fewer" : `show ${more} more${what}`;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => {
    list.classList.toggle("open");
    name();
  });
  name();
  if (list.dataset.within === undefined) list.after(button);
  else list.append(button);
}

// Search boxes and select boxes narrow a list.
for (const filters of all("[data-filters]")) {
  const list = document.getElementById(filters.dataset.filters);
  const items = all("[data-item]", list).map((item) => ({ item, text: folded(item.textContent) }));
  const search = filters.querySelector("input");
  const selects = all("select", filters);
  const narrow = () => {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    const chosen = selects.filter((one) => one.value);
    const asked = words.length + chosen.length > 0;
    let found = 0;
    for (const { item, text } of items) {
      const fits = words.every((word) => text.includes(word))
        && chosen.every((one) => item.dataset[one.dataset.field] === one.value);
      item.classList.toggle("missed", !fits);
      found += fits;
    }
    for (const group of all("[data-group]", list)) {
      group.classList.toggle("missed", !group.querySelector("[data-item]:not(.missed)"));
    }
    for (const one of [list, ...all("[data-long]", list)]) {
      if ("long" in one.dataset) one.classList.toggle("searched", asked);
    }
    filters.querySelector("output").textContent = asked ? `${found} of ${items.length}` : "";
  };
  search.addEventListener("input", narrow);
  for (const one of selects) one.addEventListener("change", narrow);
  narrow();
}

// A select box changes what a panel shows.
for (const select of all("select[data-panel]")) {
  const panel = document.getElementById(select.dataset.panel);
  select.addEventListener("change", () => {
    const template = document.getElementById(`${panel.dataset.templates}-${select.value}`);
    panel.replaceChildren(template.content.cloneNode(true));
  });
}

// Two variants are compared by label; their figures stand in the table of all variants.
for (const select of all("select[data-compare]")) {
  select.addEventListener("change", () => {
    const target = select.dataset.compare;
    const row = document.querySelector(`#${target}-by-label tr[data-variant="${select.value}"]`);
    const cells = all("td", row);
    all(`#${target}-compared td[data-side="${select.dataset.side}"]`).forEach((cell, place) => {
      cell.querySelector(".bar").style.setProperty("--v", cells[place].dataset.v);
      cell.querySelector(".value").textContent = cells[place].textContent;
    });
    // The legend that is printed.
    document.querySelector(`[data-named="${target}-${select.dataset.side}"]`).textContent =
      select.selectedOptions[0].textContent;
  });
}
