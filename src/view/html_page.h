// The style and the script that every page contains. Internal to the folder.
#pragma once

#include <string_view>

namespace attend::view {

inline constexpr std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1f2328; --muted: #5d6670; --line: #d8dee4; --unit: #f3f5f7;
  --shade: #ffb224; --mark: #0b6bcb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --text: #e6e9ed; --muted: #9aa4af; --line: #343b44; --unit: #22272e;
    --shade: #a86400; --mark: #6cb6ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page);
  color: var(--text); line-height: 1.45;
  font-family: "Noto Sans", system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial,
    "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Devanagari", sans-serif;
}
h1 { font-size: 1.5rem; font-weight: 650; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; font-weight: 650; margin: 0 0 .75rem; overflow-wrap: anywhere; }
.hint { color: var(--muted); margin: 0 0 .75rem; max-width: 46rem; }
.scale { display: flex; align-items: center; gap: .5rem; color: var(--muted); font-size: .8rem; }
.scale i { display: block; width: 10rem; height: .6rem; border: 1px solid var(--line); }
.example { border-top: 1px solid var(--line); margin-top: 1.75rem; padding-top: 1.5rem; }
.line { display: grid; grid-template-columns: 4.5rem 1fr; align-items: baseline; }
.line > span { color: var(--muted); font-size: .8rem; }
.units { line-height: 2.6; overflow-wrap: anywhere; }
.unit {
  position: relative; isolation: isolate; font-size: 1.05rem; background: var(--unit);
  border-radius: .3rem; padding: .15rem .35rem; margin: 0 .08rem; cursor: pointer;
  white-space: pre-wrap;
}
.unit::before {
  content: ""; position: absolute; inset: 0; z-index: -1; border-radius: inherit;
  background: var(--shade); opacity: var(--weight, 0); transition: opacity .12s;
}
.unit::after {
  content: attr(data-percent); position: absolute; top: 100%; left: -.5rem; right: -.5rem;
  text-align: center; font-size: .68rem; line-height: 1.2; color: var(--muted);
  pointer-events: none;
}
.unit:focus-visible, .unit.chosen { outline: 2px solid var(--mark); outline-offset: 1px; }
.empty { color: var(--muted); }
.status { display: block; min-height: 1.5em; margin: 0 0 .75rem; color: var(--muted); }
.map { overflow: auto; max-height: 90vh; padding: 2px; }
table { border-collapse: collapse; font-size: .85rem; }
th { font-weight: 400; padding: 0; white-space: nowrap; }
tbody th { text-align: right; padding-right: .5rem; }
thead th { vertical-align: bottom; padding-bottom: .35rem; }
thead th.long bdi {
  display: inline-block; writing-mode: vertical-rl; text-orientation: sideways;
  transform: rotate(180deg);
}
td { width: 1.6rem; min-width: 1.6rem; height: 1.6rem; padding: 0; border: 1px solid #80808055; }
.small td { width: .7rem; min-width: .7rem; height: .7rem; }
.small { font-size: .6rem; line-height: 1; }
tr.chosen { outline: 2px solid var(--mark); }
th.chosen, tr.chosen th { color: var(--mark); font-weight: 650; }
td.chosen { border-left: 2px solid var(--mark); border-right: 2px solid var(--mark); }
@media (prefers-reduced-motion: reduce) { .unit::before { transition: none; } }
@media print { .example { break-inside: avoid; } .map { max-height: none; overflow: visible; } }
)css";

inline constexpr std::string_view kPageScript = R"js(
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

function setUp(example, numbers) {
  const sides = {
    source: [...example.querySelectorAll('.unit[data-side="source"]')],
    target: [...example.querySelectorAll('.unit[data-side="target"]')],
  };
  const table = example.querySelector("table");
  const headings = [...table.tHead.rows[0].cells].slice(1);
  const rows = [...table.tBodies[0].rows];
  const status = example.querySelector(".status");
  const untouched = status.textContent;
  let kept = null;

  const other = (side) => (side === "target" ? "source" : "target");
  const weightsOf = (side, index) =>
    side === "target" ? numbers.alignment[index] : numbers.alignment.map((row) => row[index]);
  const label = (side, index) => "\u201c\u2068" + sides[side][index].textContent + "\u2069\u201d";

  function clear() {
    for (const element of example.querySelectorAll(".chosen")) element.classList.remove("chosen");
    for (const unit of [...sides.source, ...sides.target]) {
      unit.style.removeProperty("--weight");
      unit.removeAttribute("data-percent");
    }
    status.textContent = untouched;
  }

  function describe(side, index, weights) {
    const best = weights.map((weight, i) => [weight, i]).filter(([weight]) => weight >= 0.005)
      .sort((a, b) => b[0] - a[0]).slice(0, 5)
      .map(([weight, i]) => label(other(side), i) + " " + weight.toFixed(2));
    const verb = side === "target" ? " looked at " : " was looked at by ";
    const probability = side === "target" && numbers.probability.length
      ? " (p = " + numbers.probability[index].toFixed(3) + ")" : "";
    return label(side, index) + probability + verb + (best.join(", ") || "nothing");
  }

  function choose(side, index) {
    clear();
    const weights = weightsOf(side, index);
    sides[side][index].classList.add("chosen");
    sides[other(side)].forEach((unit, i) => {
      const weight = Math.min(1, Math.max(0, weights[i]));
      unit.style.setProperty("--weight", weight);
      if (weight >= 0.005) unit.setAttribute("data-percent", Math.round(weight * 100) + "%");
    });
    if (side === "target") {
      rows[index].classList.add("chosen");
    } else {
      headings[index].classList.add("chosen");
      for (const row of rows) row.cells[index + 1].classList.add("chosen");
    }
    status.textContent = describe(side, index, weights);
  }

  function keep(side, index) {
    const again = kept && kept[0] === side && kept[1] === index;
    kept = again ? null : [side, index];
    for (const one of [...sides.source, ...sides.target]) {
      one.setAttribute("aria-pressed", String(!again && one === sides[side][index]));
    }
    choose(side, index);
  }

  const restore = () => (kept ? choose(...kept) : clear());
  const place = (unit) => [unit.dataset.side, Number(unit.dataset.index)];

  for (const side of ["source", "target"]) {
    sides[side].forEach((unit, index) => {
      unit.addEventListener("pointerenter", () => choose(side, index));
      unit.addEventListener("pointerleave", restore);
      unit.addEventListener("focus", () => choose(side, index));
      unit.addEventListener("blur", restore);
      unit.addEventListener("click", () => keep(side, index));
      unit.tabIndex = index === 0 ? 0 : -1;
    });
  }

  example.addEventListener("keydown", (event) => {
    const unit = event.target.closest(".unit");
    if (event.key === "Escape") {
      kept = null;
      for (const one of [...sides.source, ...sides.target]) one.removeAttribute("aria-pressed");
      clear();
    }
    if (!unit) return;
    const [side, index] = place(unit);
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (!event.repeat) keep(side, index);
      return;
    }
    const backwards = unit.closest("[dir]").dir === "rtl" ? -1 : 1;
    const steps = { ArrowRight: backwards, ArrowLeft: -backwards, Home: -index,
                    End: sides[side].length - 1 - index };
    const crossing = event.key === "ArrowUp" || event.key === "ArrowDown";
    if (!crossing && !(event.key in steps)) return;
    event.preventDefault();
    const line = crossing ? sides[event.key === "ArrowUp" ? "source" : "target"] : sides[side];
    const next = line[Math.min(line.length - 1, Math.max(0, index + (steps[event.key] ?? 0)))];
    if (!next) return;
    unit.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  table.addEventListener("pointerover", (event) => {
    const cell = event.target.closest("td, th");
    if (!cell) return;
    const row = rows.indexOf(cell.parentElement);
    const column = cell.cellIndex - 1;
    if (row >= 0) {
      choose("target", row);
      if (column >= 0) {
        status.textContent = label("target", row) + " \u2190 " + label("source", column) + ": " +
          numbers.alignment[row][column].toFixed(4);
      }
    } else if (column >= 0) {
      choose("source", column);
    }
  });
  table.addEventListener("pointerleave", restore);
}

document.querySelectorAll(".example").forEach((example, k) => setUp(example, data[k]));
)js";

}  // namespace attend::view
