// The style and the script that pages of captions add to those of html_page.h. Internal to the
// folder.
#pragma once

#include <string_view>

namespace attend::view {

inline constexpr std::string_view kCaptionStyle = R"css(
.caption { border-top: 1px solid var(--line); margin-top: 1.75rem; padding-top: 1.5rem; }
.looking {
  display: grid; grid-template-columns: minmax(14rem, 32rem) minmax(16rem, 1fr);
  gap: 1rem 1.75rem; align-items: start;
}
@media (max-width: 44rem) { .looking { grid-template-columns: 1fr; } }
.picture { display: block; width: 100%; max-height: 75vh; border-radius: .3rem; }
.panel svg { display: block; width: 100%; max-height: 14rem; border-radius: .2rem; }
.light { opacity: 0; transition: opacity .12s; }
.lit .light { opacity: 1; }
.words { line-height: 2.1; overflow-wrap: anywhere; margin-bottom: .5rem; }
.references { color: var(--muted); font-size: .85rem; margin: 0 0 .75rem; padding-inline-start: 1.1rem; }
.panels {
  list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: .9rem;
  grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
}
.panel { min-width: 0; cursor: pointer; border-radius: .3rem; }
.panel.chosen { outline: 2px solid var(--mark); outline-offset: 3px; }
.panel p { display: flex; justify-content: space-between; gap: .4rem; margin: 0 0 .15rem; }
.panel bdi { overflow: hidden; text-overflow: ellipsis; white-space: pre; }
.panel small { color: var(--muted); white-space: nowrap; align-self: center; font-size: .7rem; }
@media (prefers-reduced-motion: reduce) { .light { transition: none; } }
@media print { .caption, .panel { break-inside: avoid; } }
)css";

inline constexpr std::string_view kCaptionScript = R"js(
"use strict";
function setUp(caption) {
  const units = [...caption.querySelectorAll(".unit")];
  const panels = [...caption.querySelectorAll(".panel[data-index]")];
  const picture = caption.querySelector(".picture");
  const light = picture.querySelector(".light");
  const status = caption.querySelector(".status");
  const untouched = status.textContent;
  let kept = null;

  function clear() {
    for (const element of caption.querySelectorAll(".chosen")) element.classList.remove("chosen");
    picture.classList.remove("lit");
    status.textContent = untouched;
  }

  function choose(index) {
    clear();
    units[index].classList.add("chosen");
    panels[index].classList.add("chosen");
    light.setAttribute("href", panels[index].querySelector("image").getAttribute("href"));
    picture.classList.add("lit");
    status.textContent = panels[index].title;
  }

  function press(index) {
    kept = index;
    units.forEach((unit, i) => unit.setAttribute("aria-pressed", String(i === kept)));
  }

  function keep(index) {
    press(kept === index ? null : index);
    choose(index);
  }

  const restore = () => (kept === null ? clear() : choose(kept));

  units.forEach((unit, index) => {
    unit.tabIndex = index === 0 ? 0 : -1;
    unit.addEventListener("focus", () => choose(index));
    unit.addEventListener("blur", restore);
    for (const element of [unit, panels[index]]) {
      element.addEventListener("pointerenter", () => choose(index));
      element.addEventListener("pointerleave", restore);
      element.addEventListener("click", () => keep(index));
    }
  });

  caption.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      press(null);
      clear();
    }
    const index = units.indexOf(event.target);
    if (index < 0) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (!event.repeat) keep(index);
      return;
    }
    const onwards = event.target.closest("[dir]").dir === "rtl" ? -1 : 1;
    const steps = { ArrowRight: onwards, ArrowLeft: -onwards, Home: -index,
                    End: units.length - 1 - index };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = units[Math.min(units.length - 1, Math.max(0, index + steps[event.key]))];
    units[index].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

document.querySelectorAll(".caption").forEach(setUp);
)js";

}  // namespace attend::view
