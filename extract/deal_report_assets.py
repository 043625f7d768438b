"""Style and script of the report of deals, and the part of the style that the service shares."""

from __future__ import annotations

from typing import Final

BASE: Final = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #1a1f26; --soft: #5b6573; --line: #dce0e6;
  --hover: #eef1f6; --focus: #1f6feb; --accent: #1f5fd0;
  --evidence: #fff1c9; --party: #0b5cad; --amount: #116b34; --hardware: #7a3fb5;
  --condition: #9a3412; --date: #8a5a00;
  --talks: #8a5a00; --announced: #0b5cad; --completed: #116b34; --terminated: #b42323;
  --superseded: #6b7280;
  --invests: #1f6feb; --buys: #d9660a; --lends: #8a5a2b; --warrants: #a33cc2;
  --equity: #7b93bd; --compute: #4d9a93; --chips: #a08bc4; --goods: #9aa3ad;
  --investment: #2f6fde; --acquisition: #d9660a; --procurement: #1f9e89; --partnership: #9aa3ad;
  --holding: #7b93bd; --divestment: #c2487f; --debt: #8a6236; --ipo: #7a4fd0;
  --depth: 31 111 235;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1319; --card: #171c24; --ink: #e3e8ef; --soft: #9aa5b4; --line: #2b333e;
    --hover: #1f2630; --focus: #79b1ff; --accent: #79b1ff;
    --evidence: #453a14; --party: #7fb7ff; --amount: #67d38b; --hardware: #cda4ff;
    --condition: #ff9d76; --date: #e9bd5b;
    --talks: #e9bd5b; --announced: #7fb7ff; --completed: #67d38b; --terminated: #ff8d85;
    --superseded: #a2acb8;
    --invests: #6aa8ff; --buys: #ff9d4d; --lends: #c99a68; --warrants: #d78af0;
    --equity: #6f83a6; --compute: #5aaea6; --chips: #9c87c4; --goods: #78828e;
    --investment: #5b97ff; --acquisition: #ff9d4d; --procurement: #3fc2ab; --partnership: #8d97a3;
    --holding: #8aa3cf; --divestment: #ec7fb0; --debt: #c99a68; --ipo: #ab8bff;
    --depth: 106 168 255;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.6 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
:lang(zh-Hant) {
  font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang TC",
    "Microsoft JhengHei", "Noto Sans CJK TC", "Noto Sans TC", sans-serif;
}
header, main { max-width: 1360px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; font-weight: 680; }
h2 { font-size: 18px; line-height: 1.3; margin: 36px 0 8px; font-weight: 650; }
h3 { font-size: 13px; margin: 16px 0 6px; font-weight: 600; color: var(--soft); }
p { margin: 0 0 12px; color: var(--soft); }
small { color: var(--soft); font-size: 13px; }
summary { cursor: pointer; color: var(--soft); padding: 2px 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; }
button, select, input, textarea { font: inherit; color: inherit; }
select, input, textarea, form button, header button, .act, .all {
  background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 4px 9px;
}
button { cursor: pointer; }
form button:hover, header button:hover, .act:hover, .all:hover { background: var(--hover); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
[hidden] { display: none !important; }
q { quotes: none; }
span.type, span.status { white-space: nowrap; }
span.status::before {
  content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%;
  margin-right: 6px; background: currentColor;
}
.status.talks::before { background: none; border: 2px solid currentColor; }
.status.talks { color: var(--talks); } .status.announced { color: var(--announced); }
.status.completed { color: var(--completed); } .status.terminated { color: var(--terminated); }
.status.superseded { color: var(--superseded); }
mark { background: none; color: inherit; padding: 1px 0; border-radius: 2px; }
mark.on { background: none; font-weight: 620; }
mark.evidence.on, mark.lit { background: var(--evidence); }
mark.evidence.on { font-weight: inherit; }
mark.party.on, mark.party.told { color: var(--party); font-weight: 620; }
mark.hardware.on, mark.hardware.told { color: var(--hardware); font-weight: 620; }
mark.condition.on, mark.condition.told { text-decoration: underline 1.5px var(--condition); }
mark.condition.on, mark.condition.told { text-underline-offset: 4px; }
mark.date.on, mark.date.told { color: var(--date); font-weight: 620; }
mark.amount.on, mark.valuation.on, mark.stake.on, mark.amount.told, mark.valuation.told,
mark.stake.told { color: var(--amount); font-weight: 620; }
.legend { font-size: 13px; }
.legend mark { padding: 0 4px; }
.text { font-size: 16px; line-height: 1.9; white-space: pre-wrap; overflow-wrap: anywhere; }
.text strong { font-weight: 680; }
.values th {
  width: 96px; padding: 3px 12px 3px 0; font-weight: 500; color: var(--soft); white-space: nowrap;
}
.values td { padding: 3px 0; overflow-wrap: anywhere; }
.values small { margin-left: 8px; }
.values tr.pays .value, .values tr.is .value { font-weight: 620; }
.values tr.amount .value { color: var(--amount); font-weight: 620; }
.values tr.warning .value { color: var(--terminated); }
.line {
  display: inline-block; width: 20px; height: 0; border-top: 3px solid; border-radius: 2px;
}
.leg { fill: none; stroke: currentColor; stroke-linecap: round; }
.leg.talks { stroke-dasharray: 5 6; }
marker path { fill: currentColor; }
.invests { color: var(--invests); } .buys { color: var(--buys); } .lends { color: var(--lends); }
.warrants { color: var(--warrants); } .equity { color: var(--equity); }
.compute { color: var(--compute); } .chips { color: var(--chips); } .goods { color: var(--goods); }
.web, .ring, .chart { display: block; width: 100%; height: auto; }
.web { width: auto; max-width: 100%; max-height: 880px; margin: 0 auto; }
.node circle { fill: var(--ink); stroke: var(--card); stroke-width: 2; }
.node text {
  text-anchor: middle; font-size: 13px; font-weight: 600; fill: var(--ink);
  paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round;
}
.node text.start { text-anchor: start; } .node text.end { text-anchor: end; }
.web .node { cursor: pointer; }
.web .node:focus-visible { outline: none; }
.web .node:focus-visible circle { stroke: var(--focus); stroke-width: 4; }
.web .node[aria-pressed=true] circle { fill: var(--accent); }
.label { font-size: 12.5px; fill: var(--soft); }
.label .sum { font-size: 14px; font-weight: 650; fill: var(--ink); }
.label tspan { paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
"""

STYLE: Final = (
    BASE
    + """
nav { display: flex; gap: 8px; margin-bottom: 18px; }
form {
  position: sticky; top: 0; z-index: 3; background: var(--page);
  border-bottom: 1px solid var(--line);
}
form > div {
  max-width: 1360px; margin: 0 auto; padding: 10px 24px;
  display: flex; flex-wrap: wrap; gap: 8px; align-items: center;
}
form label { color: var(--soft); white-space: nowrap; }
input[type=search] { width: 112px; }
input[type=date] { width: 132px; }
select { max-width: 126px; }
form > div > * { font-size: 14px; }
.counts { color: var(--soft); font-variant-numeric: tabular-nums; }
section { scroll-margin-top: 84px; }
.deals { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.deals { border-collapse: separate; border-spacing: 0; overflow: clip; table-layout: fixed; }
.deals th.date { width: 118px; } .deals th.type { width: 128px; } .deals th.usd { width: 158px; }
.deals th.status { width: 138px; } .deals th.articles { width: 96px; }
.deals td { overflow-wrap: anywhere; }
.deals > thead th { padding: 8px 12px; border-bottom: 1px solid var(--line); }
.deals > tbody > tr > td { padding: 7px 12px; border-top: 1px solid var(--line); }
.deals > thead + tbody > tr.row > td { border-top: 0; }
.deals .usd, .deals .articles, .deals .date { font-variant-numeric: tabular-nums; }
.deals .usd, .deals .articles { text-align: right; white-space: nowrap; }
.deals td.date { white-space: nowrap; }
.row { cursor: pointer; }
.row:hover { background: var(--hover); }
.sort, .pick, .circle {
  background: none; border: 0; padding: 0; text-align: inherit; font-weight: inherit;
}
.sort { font-weight: 600; color: var(--soft); white-space: nowrap; }
th[aria-sort] .sort { color: var(--ink); }
th[aria-sort=descending] .sort::after { content: " ↓"; content: " ↓" / ""; }
th[aria-sort=ascending] .sort::after { content: " ↑"; content: " ↑" / ""; }
.pick { font-weight: 620; }
.pick::before { content: "▸"; content: "▸" / ""; display: inline-block; width: 16px; color: var(--soft); }
.pick[aria-expanded=true]::before { content: "▾"; content: "▾" / ""; }
.deals > tbody > tr.detail > td { background: var(--page); padding: 16px; }
.card {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr); gap: 0 32px;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px;
}
.texts { max-height: 720px; overflow-y: auto; }
.slot > h3 { margin-top: 0; }
.slot + .slot { margin-top: 18px; border-top: 1px solid var(--line); padding-top: 12px; }
.conflict { color: var(--talks); margin: 10px 0 0; }
.timeline { list-style: none; margin: 0; padding: 0 0 0 14px; border-left: 2px solid var(--line); }
.timeline li { position: relative; margin-bottom: 10px; }
.timeline li::before {
  content: ""; position: absolute; left: -20px; top: 8px; width: 10px; height: 10px;
  border-radius: 50%; background: var(--soft); border: 2px solid var(--card);
}
.timeline span.status::before { display: none; }
.timeline li.talks::before { background: var(--card); border-color: var(--talks); }
.timeline li.announced::before { background: var(--announced); }
.timeline li.completed::before { background: var(--completed); }
.timeline li.terminated::before { background: var(--terminated); }
.timeline time { font-variant-numeric: tabular-nums; color: var(--soft); }
.timeline q { display: block; line-height: 1.55; }
.facts details { margin-top: 10px; }
.facts details ul { margin: 4px 0; padding-left: 18px; font-size: 13px; color: var(--soft); }
.none { display: none; text-align: center; padding: 40px 0; }
.nothing .none { display: block; }
.ways { display: flex; flex-wrap: wrap; gap: 8px; margin-bottom: 12px; }
.chip {
  display: inline-flex; gap: 7px; align-items: center; cursor: pointer; white-space: nowrap;
  padding: 3px 11px; border: 1px solid var(--line); border-radius: 999px; background: var(--card);
}
.chip input { margin: 0; accent-color: var(--accent); }
.picture, .ringcard, .charts figure, .matrixbox {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px;
}
.picture > p { margin: 6px 4px 0; font-size: 13px; }
.web.focused .leg, .web.focused .node { opacity: 0.13; }
.web.focused .leg.near, .web.focused .node.near { opacity: 1; }
.rings { display: grid; grid-template-columns: repeat(auto-fill, minmax(380px, 1fr)); gap: 16px; }
.ringcard { margin: 0; min-width: 0; }
.ringcard figcaption p { margin: 2px 0 0; font-size: 13px; font-weight: 400; }
.above { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; }
.above p { margin: 0 auto 10px 0; }
.ringcard q { display: block; font-size: 13.5px; line-height: 1.55; margin: 4px 0 8px; }
.ringcard details { font-size: 13.5px; }
.ringcard ul { margin: 4px 0 0; padding-left: 18px; }
.ringcard li small { display: block; line-height: 1.45; }
.circle { font-weight: 650; }
.circle:hover { color: var(--accent); }
.circle[aria-pressed=true] { color: var(--accent); text-decoration: underline 2px; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; }
.swatch {
  display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px;
  background: currentColor;
}
.swatch.investment, rect.investment { color: var(--investment); }
.swatch.acquisition, rect.acquisition { color: var(--acquisition); }
.swatch.procurement, rect.procurement { color: var(--procurement); }
.swatch.partnership, rect.partnership { color: var(--partnership); }
.swatch.holding, rect.holding { color: var(--holding); }
.swatch.divestment, rect.divestment { color: var(--divestment); }
.swatch.debt, rect.debt { color: var(--debt); }
.swatch.ipo, rect.ipo { color: var(--ipo); }
rect.type { fill: currentColor; }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
.charts .key { grid-column: 1 / -1; margin: 0; }
figure { margin: 0 0 16px; }
figcaption { font-weight: 620; margin-bottom: 8px; }
.chart text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); fill: none; }
.wide { overflow-x: auto; }
.matrix { background: var(--card); font-variant-numeric: tabular-nums; }
.matrix th, .matrix td { padding: 6px 10px; border: 1px solid var(--line); font-weight: 500; }
.matrix td { text-align: right; white-space: nowrap; }
.matrix thead th { vertical-align: bottom; }
.matrix th[scope=row] { white-space: nowrap; }
.depth1, .depth2 { background: rgb(var(--depth) / 0.07); }
.depth3 { background: rgb(var(--depth) / 0.16); } .depth4 { background: rgb(var(--depth) / 0.28); }
.depth5 { background: rgb(var(--depth) / 0.42); } .depth6 { background: rgb(var(--depth) / 0.42); }
#articles { display: none; }
main { padding-bottom: 60px; }
@media (scripting: none) {
  .detail[hidden] { display: table-row !important; }
  #articles { display: block; }
  form, nav { display: none; }
}
@media (max-width: 900px) {
  .card, .charts { grid-template-columns: minmax(0, 1fr); }
  .texts { max-height: none; margin-top: 16px; }
  header, main, form > div { padding-left: 12px; padding-right: 12px; }
  form { position: static; }
  .deals > thead { display: none; }
  .row { display: flex; flex-wrap: wrap; gap: 0 12px; padding: 8px 12px; }
  .deals > tbody > tr.row > td { border: 0; padding: 0; text-align: left; }
  .deals > tbody > tr.detail > td { display: block; padding: 8px; }
  .deals > tbody { border-top: 1px solid var(--line); }
  .row td.articles { display: none; }
  .row td:nth-child(4)::before { content: "→ "; content: "→ " / ""; color: var(--soft); }
  .rings { grid-template-columns: minmax(0, 1fr); }
  .picture { overflow-x: auto; }
  .web { min-width: 800px; }
}
@media print {
  :root { --page: #fff; }
  form, nav, .ways, .legend { display: none; }
  header, main { max-width: none; padding: 0; }
  .texts { max-height: none; overflow: visible; }
  .ringcard, .charts figure, .picture, tbody.deal > tr.row { break-inside: avoid; }
  .rings { grid-template-columns: 1fr 1fr; }
  body { font-size: 11px; }
  .deals, .card { border-radius: 0; }
}
"""
)

SCRIPT: Final = """
"use strict";
const form = document.querySelector("form");
const table = document.querySelector("table.deals");
const counts = document.querySelector(".counts");
const web = document.querySelector("svg.web");
const deals = Array.from(document.querySelectorAll("tbody.deal"));
const articles = new Map(Array.from(document.querySelectorAll("#articles article"),
  article => [article.dataset.article, article]));
const words = new Map(deals.map(deal => [deal, deal.textContent.toLowerCase()]));
let picked = "";

function apply() {
  const wanted = new FormData(form);
  const text = name => wanted.get(name).trim().toLowerCase();
  const [party, query, hardware] = [text("party"), text("query"), wanted.get("hardware")];
  const [from, to, least] = [wanted.get("from"), wanted.get("to"), wanted.get("amount")];
  let shown = 0;
  for (const deal of deals) {
    const told = deal.dataset;
    const fits = (!party || told.parties.split("\\n").some(name => name.includes(party)))
      && (!picked || told.ids.split(" ").includes(picked))
      && (!wanted.get("type") || told.type === wanted.get("type"))
      && (!wanted.get("status") || told.status === wanted.get("status"))
      && (!hardware || told.hardware.split("\\n").includes(hardware))
      && (!least || (told.usd !== "" && Number(told.usd) >= Number(least)))
      && (!from || told.date >= from.slice(0, told.date.length || 10))
      && (!to || (told.date !== "" && told.date.slice(0, 10) <= to))
      && (!query || words.get(deal).includes(query));
    deal.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  counts.textContent = shown + " of " + deals.length + " deals";
  document.body.classList.toggle("nothing", shown === 0);
}

// Sorting.
function order(head) {
  const key = head.querySelector(".sort").dataset.key;
  const down = head.getAttribute("aria-sort") === "descending"
    || (head.getAttribute("aria-sort") === null && !["usd", "articles", "date"].includes(key));
  for (const other of table.tHead.rows[0].cells) { other.removeAttribute("aria-sort"); }
  head.setAttribute("aria-sort", down ? "ascending" : "descending");
  const number = key === "usd" || key === "articles";
  const value = deal => number && deal.dataset[key] !== "" ? Number(deal.dataset[key])
    : deal.dataset[key];
  deals.sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === b) { return Number(one.dataset.number) - Number(other.dataset.number); }
    if (a === "" || b === "") { return a === "" ? 1 : -1; }
    const way = number ? a - b : String(a).localeCompare(String(b), "zh");
    return down ? way : -way;
  });
  table.append(...deals);
}

// Cards.
function open(deal, wanted) {
  const button = deal.querySelector(".pick");
  const detail = deal.querySelector(".detail");
  button.setAttribute("aria-expanded", String(wanted));
  detail.hidden = !wanted;
  if (wanted && !deal.classList.contains("filled")) { fill(deal); }
}

function fill(deal) {
  deal.classList.add("filled");
  for (const slot of deal.querySelectorAll(".slot")) {
    const article = articles.get(slot.dataset.article);
    if (article === undefined) { continue; }
    const copy = article.firstElementChild.cloneNode(true);
    copy.lang = article.lang;
    for (const mark of copy.querySelectorAll("mark")) {
      const has = list => (list || "").split(" ").includes(deal.dataset.number);
      const [cited, valued] = [has(mark.dataset.evidence), has(mark.dataset.value)];
      mark.classList.toggle("lit", cited);
      mark.classList.toggle("told", valued);
      if (!valued) { mark.removeAttribute("title"); }
    }
    slot.append(copy);
  }
}

// The web.
const nodes = web ? Array.from(web.querySelectorAll(".node")) : [];
const legs = web ? Array.from(web.querySelectorAll(".leg")) : [];

function focus(near) {
  web.classList.toggle("focused", near !== null);
  const ends = new Set();
  for (const leg of legs) {
    const here = near !== null && near(leg) && !leg.hasAttribute("hidden");
    leg.classList.toggle("near", here);
    if (here) { leg.dataset.ends.split(" ").forEach(end => ends.add(end)); }
  }
  for (const node of nodes) { node.classList.toggle("near", ends.has(node.dataset.party)); }
}

function choose(party) {
  picked = party === picked ? "" : party;
  for (const node of nodes) {
    node.setAttribute("aria-pressed", String(node.dataset.party === picked));
  }
  press("");
  focus(picked ? leg => leg.dataset.ends.split(" ").includes(picked) : null);
  for (const node of nodes) {
    if (node.dataset.party === picked) { node.classList.add("near"); }
  }
  apply();
}

function press(ring) {
  for (const button of document.querySelectorAll(".circle")) {
    button.setAttribute("aria-pressed", String(button.dataset.circle === ring));
  }
}

function circle(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  if (picked) { choose(picked); }
  const ring = on ? button.dataset.circle : "";
  press(ring);
  focus(on ? leg => (leg.dataset.circles || "").split(" ").includes(ring) : null);
  if (on) { web.scrollIntoView({ block: "center", behavior: "smooth" }); }
}

function ways() {
  const shown = new Set(Array.from(document.querySelectorAll(".ways input:checked"),
    box => box.value));
  for (const leg of legs) {
    leg.toggleAttribute("hidden", !Array.from(leg.classList).some(name => shown.has(name)));
  }
}

form.addEventListener("input", apply);
form.addEventListener("submit", event => event.preventDefault());
form.addEventListener("reset", () => setTimeout(() => { if (picked) { choose(picked); } apply(); }));
document.addEventListener("click", event => {
  const at = selector => event.target.closest(selector);
  if (at(".sort")) {
    order(at("th"));
  } else if (at("tr.row")) {
    const deal = at("tbody");
    if (!String(getSelection()).trim() || at(".pick")) {
      open(deal, deal.querySelector(".detail").hidden);
    }
  } else if (at(".all")) {
    const wanted = at(".all").getAttribute("aria-pressed") !== "true";
    at(".all").setAttribute("aria-pressed", String(wanted));
    at(".all").textContent = wanted ? "Close all" : "Open all";
    deals.filter(deal => !deal.hidden || !wanted).forEach(deal => open(deal, wanted));
  } else if (at(".web .node")) {
    choose(at(".node").dataset.party);
  } else if (at(".circle")) {
    circle(at(".circle"));
  } else if (at(".jump")) {
    document.getElementById(at(".jump").dataset.to).scrollIntoView({ behavior: "smooth" });
  }
});
document.addEventListener("keydown", event => {
  if (event.target.closest(".node") && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    choose(event.target.closest(".node").dataset.party);
  } else if (event.key === "Escape") {
    if (picked) { choose(picked); }
    press("");
    if (web) { focus(null); }
    deals.forEach(deal => open(deal, false));
  }
});
document.querySelector(".ways").addEventListener("input", ways);
ways();
apply();
"""
