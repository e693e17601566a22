// The style of pages of documents. Internal to the folder.
#pragma once

#include <string_view>

namespace attend::view {

inline constexpr std::string_view kDocumentStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1f2328; --muted: #5d6670; --line: #d8dee4; --track: #e8ebee;
  --word: #ffb224; --sentence: #0072b2; --best: #0072b2; --other: #8b949e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --text: #e6e9ed; --muted: #9aa4af; --line: #343b44; --track: #2b323a;
    --word: #8a5200; --sentence: #56b4e9; --best: #56b4e9; --other: #6e7681;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--page);
  color: var(--text); line-height: 1.45;
  font-family: "Noto Sans", system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial,
    "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Devanagari", sans-serif;
}
h1 { font-size: 1.5rem; font-weight: 650; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; font-weight: 650; margin: 0 0 .75rem; overflow-wrap: anywhere; }
.hint { color: var(--muted); margin: 0 0 .75rem; font-size: .9rem; overflow-wrap: anywhere; }
.document { border-top: 1px solid var(--line); margin-top: 1.75rem; padding-top: 1.5rem; }
.labels { border-collapse: collapse; margin-bottom: 1rem; }
.labels th { font-weight: 400; text-align: start; padding: 0 .75rem 0 0; overflow-wrap: anywhere; }
.labels tr:first-child th { font-weight: 650; }
.labels td { padding: .1rem .5rem .1rem 0; color: var(--muted); font-variant-numeric: tabular-nums; }
.bar { display: block; width: 14rem; max-width: 40vw; height: .8rem; background: var(--track); }
.bar i { display: block; height: 100%; background: var(--other); }
.labels tr:first-child .bar i { background: var(--best); }
.sentence { display: grid; grid-template-columns: 1fr; margin-bottom: .35rem; }
.weighted .sentence { grid-template-columns: 6rem 1fr; align-items: start; }
.weight {
  display: grid; grid-template-columns: 2.5rem 3rem; align-items: center; padding-top: .3rem;
  color: var(--muted); font-size: .75rem; font-variant-numeric: tabular-nums;
}
.weight .bar { width: 3rem; height: .6rem; }
.weight .bar i { background: var(--sentence); }
.sentence p { margin: 0; overflow-wrap: anywhere; }
.paragraph { margin-top: 1rem; }
.word {
  position: relative; isolation: isolate; padding: .1rem .15rem; border-radius: .2rem;
  white-space: pre-wrap;
}
.word::before {
  content: ""; position: absolute; inset: 0; z-index: -1; border-radius: inherit;
  background: var(--word); opacity: var(--w, 0);
}
.word:hover { outline: 1px solid currentColor; }
.word.fixed::before { content: none; }
.empty { color: var(--muted); }
@media print { .document { break-inside: avoid; } .word { print-color-adjust: exact; } }
)css";

}  // namespace attend::view
