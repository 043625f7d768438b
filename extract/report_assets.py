"""Style and script of the error report, as they stand in the page."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #5c6570; --line: #dde1e6;
  --gold: #1f6feb; --gold-tint: #dbe9ff; --pred: #c4510a; --pred-tint: #ffe6d1;
  --both-tint: #e4dcf7; --value: #8250df;
  --good: #1a7f37; --bad: #c62828; --half: #9a6700; --focus: #1f6feb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #171c23; --ink: #e4e8ee; --soft: #98a3b1; --line: #2b333d;
    --gold: #79b1ff; --gold-tint: #16365f; --pred: #ffa566; --pred-tint: #55300f;
    --both-tint: #3d2f5f; --value: #c9a5ff;
    --good: #5fd07d; --bad: #ff8a80; --half: #e3b341; --focus: #79b1ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.6 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
:lang(zh-Hant) {
  font-family: system-ui, "Segoe UI", "Noto Sans", "PingFang TC", "Microsoft JhengHei",
    "Noto Sans CJK TC", "Noto Sans TC", sans-serif;
}
header, main { max-width: 1360px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; font-weight: 650; }
p { margin: 0 0 12px; color: var(--soft); }
details { margin: 0 0 16px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 2px 12px 2px 0; line-height: 1.5; }
th { font-weight: 500; color: var(--soft); white-space: nowrap; }
.scores { max-width: 760px; font-variant-numeric: tabular-nums; }
.scores td, .scores thead th { text-align: right; }
.scores td:first-of-type { width: 34%; }
.scores thead th:first-child, .scores tbody th { text-align: left; }
.scores tr.main th { color: var(--ink); font-weight: 650; }
.bar { display: block; width: 100%; height: 8px; margin-top: 7px; }
.bar .all { fill: var(--line); }
.bar .part { fill: var(--gold); }
form {
  position: sticky; top: 0; z-index: 2; background: var(--page);
  border-bottom: 1px solid var(--line); margin: 0 0 20px;
}
form > div {
  max-width: 1360px; margin: 0 auto; padding: 10px 24px;
  display: flex; flex-wrap: wrap; gap: 8px 10px; align-items: center;
}
.chip {
  display: inline-flex; gap: 6px; align-items: center; cursor: pointer; white-space: nowrap;
  padding: 3px 10px; border: 1px solid var(--line); border-radius: 999px; background: var(--card);
}
.chip input { margin: 0; accent-color: var(--gold); }
.chip small, .counts { color: var(--soft); font-variant-numeric: tabular-nums; }
select, input[type=search], form button {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: 3px 8px;
}
input[type=search] { width: 150px; }
select { max-width: 150px; }
form button { cursor: pointer; }
.counts { margin-left: auto; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.article {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.15fr); gap: 0 28px;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 16px 20px 20px; margin: 0 0 18px;
}
.article > h2 {
  grid-column: 1 / -1; font-size: 14px; font-weight: 600; margin: 0 0 10px; color: var(--soft);
}
.article > h2 b { color: var(--ink); margin-right: 8px; }
.text { font-size: 16.5px; line-height: 1.95; white-space: pre-wrap; overflow-wrap: anywhere; }
.text > div { position: sticky; top: 76px; max-height: calc(100vh - 96px); overflow-y: auto; }
.text strong { font-weight: 650; }
mark { background: none; color: inherit; padding: 1px 0; }
mark.g { background: var(--gold-tint); }
mark.p { box-shadow: inset 0 -2px var(--pred); }
.picked mark.g, .picked mark.p { background: none; box-shadow: none; }
.picked mark.on.g { background: var(--gold-tint); }
.picked mark.on.p { background: var(--pred-tint); }
.picked mark.on.g.p { background: var(--both-tint); }
.picked mark.value { color: var(--value); font-weight: 650; }
.records { list-style: none; margin: 0; padding: 0; min-width: 0; }
.record { border-top: 1px solid var(--line); padding: 10px 0 14px; }
.record:first-child { border-top: 0; padding-top: 0; }
.record table { table-layout: fixed; }
.record th:first-child { width: 88px; }
.record thead th { font-size: 13px; border-bottom: 1px solid var(--line); }
.record td { overflow-wrap: anywhere; }
.record td small { display: block; color: var(--soft); line-height: 1.45; }
.pick {
  display: flex; gap: 10px; align-items: baseline; width: 100%; margin: 0 0 4px; padding: 2px 6px;
  font: inherit; color: inherit; text-align: left; cursor: pointer;
  background: none; border: 0; border-radius: 6px; margin-left: -6px;
}
.pick:hover, .pick[aria-pressed=true] { background: var(--page); }
.pick b { font-weight: 650; }
.pick small { color: var(--soft); }
.kind {
  font-size: 12.5px; font-weight: 650; border: 1px solid; border-radius: 5px; padding: 0 6px;
}
.wrong .kind { color: var(--half); }
.missed .kind, .extra .kind { color: var(--bad); }
.right .kind { color: var(--good); }
.optional .kind { color: var(--soft); }
tr.incorrect td, tr.missing td, tr.spurious td { color: var(--bad); }
tr.partial td { color: var(--half); }
tr.correct td { color: var(--ink); }
tr.alone td { color: var(--ink); }
tr.incorrect th, tr.missing th, tr.spurious th, tr.partial th { color: var(--ink); font-weight: 650; }
.none { display: none; text-align: center; padding: 48px 0; }
.nothing .none { display: block; }
.legend mark { color: var(--ink); padding: 1px 4px; }
[hidden] { display: none !important; }
@media (max-width: 900px) {
  .article { grid-template-columns: minmax(0, 1fr); gap: 16px; padding: 14px; }
  .text > div { position: static; max-height: none; }
  header, main, form > div { padding-left: 14px; padding-right: 14px; }
  form { position: static; }
  .counts { margin-left: 0; }
  .scores th, .scores td { padding-right: 6px; }
  .scores td:first-of-type, .scores thead th:nth-child(2) { display: none; }
}
@media print { form { display: none; } .article { break-inside: avoid; } }
"""

SCRIPT: Final = """
"use strict";
const form = document.querySelector("form");
const counts = document.querySelector(".counts");
const articles = Array.from(document.querySelectorAll(".article"));
const records = new Map(articles.map(a => [a, Array.from(a.querySelectorAll(".record"))]));
const words = new Map(articles.map(a => [a, a.textContent.toLowerCase()]));

function apply() {
  const wanted = new FormData(form);
  const kinds = new Set(wanted.getAll("kind"));
  const field = wanted.get("field");
  const type = wanted.get("type");
  const query = wanted.get("query").trim().toLowerCase();
  let shown = 0;
  let all = 0;
  let holding = 0;
  for (const article of articles) {
    const fits = words.get(article).includes(query);
    let here = 0;
    for (const record of records.get(article)) {
      const told = record.dataset;
      const shows = fits && kinds.has(told.kind) && (!type || told.type === type)
        && (!field || told.fields.split(" ").includes(field));
      record.hidden = !shows;
      here += shows ? 1 : 0;
      all += 1;
      if (!shows && record.querySelector("[aria-pressed=true]")) { pick(article, null); }
    }
    article.hidden = here === 0;
    shown += here;
    holding += here > 0 ? 1 : 0;
  }
  counts.textContent = shown + " of " + all + " records, " + holding
    + (holding === 1 ? " article" : " articles");
  document.body.classList.toggle("nothing", shown === 0);
}

function pick(article, record) {
  const number = record === null ? "" : record.dataset.number;
  article.classList.toggle("picked", record !== null);
  for (const button of article.querySelectorAll(".pick")) {
    button.setAttribute("aria-pressed", String(button.closest(".record") === record));
  }
  for (const mark of article.querySelectorAll(".text mark")) {
    const told = mark.dataset;
    mark.classList.toggle("on", (told.of || "").split(" ").includes(number));
    mark.classList.toggle("g", (told.gold || "").split(" ").includes(number)
      || (record === null && Boolean(told.gold)));
    mark.classList.toggle("p", (told.pred || "").split(" ").includes(number)
      || (record === null && Boolean(told.pred)));
    mark.classList.toggle("value", number !== ""
      && (told.value || "").split(" ").includes(number));
  }
  const first = article.querySelector(".text mark.on, .text mark.value");
  if (record !== null && first) { reveal(first); }
}

function reveal(mark) {
  const box = mark.closest(".text").firstElementChild;
  const inside = mark.getBoundingClientRect();
  const around = box.getBoundingClientRect();
  if (inside.top < around.top || inside.bottom > around.bottom) {
    box.scrollTop += inside.top - around.top - around.height / 3;
  }
}

form.addEventListener("input", apply);
form.addEventListener("submit", event => event.preventDefault());
form.addEventListener("reset", () => setTimeout(apply));
document.querySelector("main").addEventListener("click", event => {
  const button = event.target.closest(".pick");
  if (button !== null) {
    const pressed = button.getAttribute("aria-pressed") === "true";
    pick(button.closest(".article"), pressed ? null : button.closest(".record"));
  }
});
document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    for (const article of document.querySelectorAll(".picked")) { pick(article, null); }
  }
});
apply();
"""
