"""The page of the service as files: its shell and its script, which ask for nothing from elsewhere."""

from __future__ import annotations

from typing import Final

SHELL: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>zhdeals</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>{body}</body>
</html>
"""

STYLE: Final = """
form.input {
  display: grid; grid-template-columns: minmax(0, 1fr) 190px; gap: 12px 16px;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px;
}
form.input.over { outline: 2px dashed var(--focus); outline-offset: -6px; }
form.input label { color: var(--soft); font-size: 13px; }
form.input label > input, form.input textarea { display: block; width: 100%; margin-top: 2px; }
form.input .long, form.input .acts { grid-column: 1 / -1; }
form.input .acts label input { display: inline-block; width: auto; border: 0; padding: 0; }
textarea { resize: vertical; line-height: 1.7; font-size: 15.5px; }
.acts { display: flex; flex-wrap: wrap; gap: 10px 16px; align-items: center; }
.act { cursor: pointer; }
.main.act, form.input .main.act {
  background: var(--accent); border-color: var(--accent); color: var(--card); font-weight: 620;
}
.say { min-height: 26px; margin: 10px 0; }
.say.bad { color: var(--terminated); }
.article {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr); gap: 0 30px;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 14px 20px 20px; margin: 0 0 20px;
}
.article > h2 { grid-column: 1 / -1; font-size: 14px; color: var(--soft); margin: 0 0 8px; }
.left .text { position: sticky; top: 12px; max-height: calc(100vh - 24px); overflow-y: auto; }
.records { list-style: none; margin: 0; padding: 0; }
.record { border-top: 1px solid var(--line); padding: 12px 0; }
.record:first-child { border-top: 0; padding-top: 0; }
.record.removed { opacity: 0.45; }
.pick {
  display: flex; flex-wrap: wrap; gap: 2px 12px; width: 100%; text-align: left; cursor: pointer;
  background: none; border: 0; border-radius: 6px; padding: 3px 8px; margin: 0 0 4px -8px;
}
.pick:hover, .pick[aria-pressed=true] { background: var(--hover); }
.pick > span { color: var(--soft); }
.view .values small { display: block; margin: 0; }
.correct { margin-top: 8px; }
.edit { margin-top: 10px; padding: 12px; border: 1px solid var(--line); border-radius: 8px; }
.edit { background: var(--page); }
.field, .item { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-bottom: 6px; }
.field .name { width: 72px; color: var(--soft); font-size: 13.5px; }
.edit input, .edit select, .edit textarea, .edit .act { font-size: 14px; padding: 3px 7px; }
.edit input { width: 116px; } .edit .money input[name=currency] { width: 58px; }
.edit .money input { width: 104px; } .edit .money .name { width: 62px; }
.edit input[type=checkbox] { width: auto; }
.edit textarea { flex: 1; min-width: 200px; }
.item input[name=names], .condition input[name=text] { flex: 1; min-width: 120px; }
.list { margin: 8px 0; padding: 8px 0; border-top: 1px dashed var(--line); }
.graph { grid-column: 1 / -1; margin-top: 8px; border-top: 1px solid var(--line); }
.graph .web { max-height: 420px; }
.web .node { cursor: default; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; }
.key .line { margin: 0 6px 4px 0; }
.rings { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 16px; }
.leg:not(.invests):not(.buys):not(.lends):not(.warrants) { display: none; }
.doc { display: block; }
.doc > h2 { font-size: 16px; color: var(--ink); }
.doc .values th { width: 150px; } .doc .values small { margin-left: 12px; }
main { padding-bottom: 60px; }
@media (max-width: 900px) {
  .article, form.input { grid-template-columns: minmax(0, 1fr); }
  .left .text { position: static; max-height: none; }
  header, main { padding: 0 12px; }
  .right { margin-top: 16px; }
}
@media print { form.input, .acts, .correct, .edit { display: none; } }
"""

SCRIPT: Final = """
"use strict";
const form = document.querySelector("form.input");
const results = document.querySelector(".results");
const said = document.querySelector(".say");
const shown = new Map();
const safe = window.trustedTypes
  ? trustedTypes.createPolicy("zhdeals", { createHTML: html => html }) : { createHTML: h => h };
let selected = "";
let latest = 0;

function say(text, bad = false) {
  said.textContent = text;
  said.classList.toggle("bad", bad);
}

async function ask(path, body, type = "application/json") {
  const options = body === undefined ? {}
    : { method: "POST", headers: { "Content-Type": type }, body };
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) { throw new Error(told.error); }
  return told;
}

// What comes from the server is markup in which every word of a text is escaped.
function show(articles) {
  for (const article of articles) {
    const page = new DOMParser().parseFromString(safe.createHTML(article.html), "text/html");
    const section = page.body.firstElementChild;
    shown.set(section, article);
    results.append(section);
    pick(section, null);
  }
}

async function read(jobs) {
  const turn = ++latest;
  results.replaceChildren();
  shown.clear();
  say("Reading …");
  let deals = 0;
  const failed = [];
  for (const job of jobs) {
    try {
      const told = await job();
      if (turn !== latest) { return; }
      show(told.articles);
      deals += told.articles.reduce((sum, article) => sum + article.deals, 0);
      failed.push(...told.failures);
    } catch (error) {
      failed.push(error.message);
    }
  }
  if (turn !== latest) { return; }
  const found = shown.size + (shown.size === 1 ? " article, " : " articles, ")
    + deals + (deals === 1 ? " deal" : " deals");
  say([found, ...failed].join(". "), failed.length > 0);
}

function readText() {
  const field = name => form.elements[name].value;
  const body = { text: field("text") };
  for (const name of ["title", "published"]) {
    if (field(name).trim()) { body[name] = field(name).trim(); }
  }
  return read([() => ask("/page/read", JSON.stringify(body))]);
}

function readFiles(files) {
  return read(Array.from(files, file => () => ask(
    "/page/file?name=" + encodeURIComponent(file.name), file, "application/octet-stream")));
}

// Cards and marks.
function pick(section, record) {
  const number = record === null ? null : record.dataset.number;
  const has = list => list !== undefined && (number === null || list.split(" ").includes(number));
  section.classList.toggle("picked", record !== null);
  for (const mark of section.querySelectorAll(".text mark")) {
    mark.classList.toggle("lit", has(mark.dataset.evidence));
    mark.classList.toggle("told", has(mark.dataset.value));
  }
  for (const button of section.querySelectorAll(".pick")) {
    button.setAttribute("aria-pressed", String(button.closest(".record") === record));
  }
  const first = record === null ? null : section.querySelector(".text mark.lit");
  if (first) { first.scrollIntoView({ block: "nearest" }); }
}

function edit(record, wanted) {
  record.querySelector(".edit").hidden = !wanted;
  const button = record.querySelector(".correct");
  if (button) { button.setAttribute("aria-expanded", String(wanted)); }
  if (wanted) { record.querySelector(".edit select").focus(); }
}

function blank(name) {
  return document.getElementById("blank-" + name).content.firstElementChild.cloneNode(true);
}

function addRecord(section) {
  const record = document.createElement("li");
  record.className = "record";
  const form = blank("record");
  form.hidden = false;
  record.append(form);
  section.querySelector(".records").append(record);
  section.querySelector(".empty").hidden = true;
  record.querySelector("select").focus();
}

function remove(record) {
  const gone = record.classList.toggle("removed");
  const button = record.querySelector(".remove");
  button.textContent = gone ? "Keep this record" : "Remove this record";
}

// Gold.
const value = (place, name) => {
  const field = place.querySelector("[name=" + name + "]");
  return field.value.trim() === "" ? null : field.value.trim();
};
const number = (place, name) => value(place, name) === null ? null : Number(value(place, name));
const items = (record, kind) => Array.from(record.querySelectorAll(".item[data-kind=" + kind + "]"));

function money(record, name) {
  const place = record.querySelector("[data-field=" + name + "]");
  return value(place, "text") === null ? null : {
    min: number(place, "min"), max: number(place, "max"), currency: value(place, "currency") || "",
    modifier: value(place, "modifier"), text: value(place, "text"),
  };
}

function gather(record) {
  const edit = record.querySelector(".edit");
  const side = wanted => items(edit, "party").filter(item => value(item, "side") === wanted)
    .filter(item => value(item, "name") !== null)
    .map(item => ({
      name: value(item, "name"), role: value(item, "role"),
      names: [value(item, "name"), ...(value(item, "names") || "").split("、")].filter(Boolean),
    }));
  return {
    type: value(edit, "type"), investor: side("investor"), target: side("target"),
    amount: money(edit, "amount"), stake: number(edit, "stake"),
    valuation: money(edit, "valuation"), round: value(edit, "round"),
    status: value(edit, "status"), date: value(edit, "date"),
    conditions: items(edit, "condition")
      .map(item => ({ kind: value(item, "kind"), text: value(item, "text") || "" })),
    hardware: items(edit, "hardware").map(item => ({
      name: value(item, "name") || "", vendor: value(item, "vendor"),
      quantity: value(item, "quantity") })),
    evidence: value(edit, "evidence") || "",
    optional: edit.querySelector("[name=optional]").checked,
  };
}

async function save(section) {
  const article = shown.get(section);
  const records = Array.from(section.querySelectorAll(".record:not(.removed)"));
  const gold = {
    article_id: article.article_id, title: article.title, published: article.published,
    text: article.text, deals: records.map(gather),
  };
  try {
    const told = await ask("/gold", JSON.stringify(gold));
    if (told.file === null) { download(told.line, article.article_id + ".jsonl"); }
    const count = records.length + (records.length === 1 ? " record" : " records");
    say("Saved " + count + " of " + article.article_id + " to "
      + (told.file || "your downloads") + ".");
  } catch (error) {
    say("Not saved: " + error.message, true);
    const place = /deals\\.(\\d+)/.exec(error.message);
    if (place) { edit(records[Number(place[1])], true); }
  }
}

function download(line, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([line + "\\n"], { type: "application/jsonl" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function weigh(field) {
  const place = field.closest(".money");
  if (field.value.trim() === "") { return; }
  try {
    const told = await ask("/amount?text=" + encodeURIComponent(field.value.trim()));
    for (const name of ["min", "max", "currency", "modifier"]) {
      place.querySelector("[name=" + name + "]").value = told[name] === null ? "" : told[name];
    }
  } catch (error) {
    say(error.message, true);
  }
}

function take(button) {
  const field = button.previousElementSibling;
  if (selected === "") { say("Select words in the text first.", true); return; }
  field.value = selected;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
}

form.addEventListener("submit", event => { event.preventDefault(); readText(); });
form.addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    readText();
  }
});
form.elements.files.addEventListener("change", event => {
  if (event.target.files.length) { readFiles(event.target.files); }
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, event => {
    event.preventDefault();
    form.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      readFiles(event.dataTransfer.files);
    }
  });
}
const remember = () => {
  const now = getSelection();
  const node = now.anchorNode && now.anchorNode.parentElement;
  if (String(now) !== "" && node && node.closest(".left .text")) {
    selected = String(now).trim();
  }
};
for (const kind of ["selectionchange", "mouseup", "keyup"]) {
  document.addEventListener(kind, remember);
}
results.addEventListener("change", event => {
  if (event.target.matches(".money [name=text]")) { weigh(event.target); }
});
results.addEventListener("click", event => {
  const at = selector => event.target.closest(selector);
  const [section, record] = [at(".article"), at(".record")];
  if (at(".pick")) {
    pick(section, at(".pick").getAttribute("aria-pressed") === "true" ? null : record);
  } else if (at(".correct")) {
    edit(record, record.querySelector(".edit").hidden);
  } else if (at(".remove")) {
    remove(record);
  } else if (at(".add")) {
    addRecord(section);
  } else if (at(".save")) {
    save(section);
  } else if (at(".more")) {
    const item = blank(at(".more").dataset.kind);
    at(".more").before(item);
    item.querySelector("input, select").focus();
  } else if (at(".drop")) {
    at(".item").remove();
  } else if (at(".take")) {
    take(at(".take"));
  }
});
document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    document.querySelectorAll(".article.picked").forEach(section => pick(section, null));
  }
});
"""
