// The queue, the keys, and what a judgement does.
import { read, send } from "./api.js";
import { byId, make, words } from "./dom.js";
import { chosenView, endDrawing, isDrawing, openMap, showFile as showOnMap, sitesOf } from "./map.js";
import { showDecisions, showFindings, showFrames, showReferences } from "./sheet.js";

const ALL = "all files";
let queue = [], current = null, file = null, step = () => {}, sites = [];

function say(text, isDone = false) {
  byId("message").textContent = text;
  byId("message").classList.toggle("done", isDone);
}

const shown = () => queue.filter((item) => [ALL, item.need].includes(byId("filter").value || ALL));

function showQueue() {
  const needs = [...new Set(queue.map((item) => item.need))];
  const chosen = byId("filter").value;
  byId("filter").replaceChildren(...[ALL, ...needs].map((need) => make("option", { value: need, selected: need === chosen },
    need === ALL ? `${ALL} (${queue.length})` : `${need} (${queue.filter((item) => item.need === need).length})`)));
  byId("queue").replaceChildren(...shown().map((item) =>
    make("li", {}, make("button", { type: "button", "data-key": item.key, "aria-current": String(item.key === current), onclick: () => open(item.key) },
      make("span", { class: "name" }, words(item.name)),
      make("span", { class: "why" }, [item.need, item.site && `${item.site} ${item.score}`, item.copies && `+${item.copies} copies`, item.reviewers.join(", ")].filter(Boolean).join(" · "))))));
  byId("progress").textContent = `${queue.filter((item) => item.reviewers.length).length} of ${queue.length} reviewed`;
}

async function refresh() {
  queue = await read("queue");
  showQueue();
}

async function open(key) {
  current = key;
  say("");
  for (const button of byId("queue").querySelectorAll("button")) button.setAttribute("aria-current", String(button.dataset.key === key));
  byId("queue").querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  try {
    file = await read(`file/${key}?by=${encodeURIComponent(byId("by").value)}`);
    if (current !== key) return;
    byId("name").replaceChildren(words(file.path));
    byId("wording").replaceChildren(words(file.report.verdict.wording));
    const names = new Map(sitesOf(file).map((site) => [site.code, site.name]));
    const codes = [...new Set([...file.report.scores.map((score) => score.site_code), ...names.keys()])];
    byId("site").replaceChildren(make("option", { value: "" }, "none"), ...codes.map((code, number) =>
      make("option", { value: code, selected: number === 0 && file.report.scores.length > 0 }, `${code} ${names.get(code) ?? ""}`)));
    byId("note").value = byId("likelihood").value = byId("confidence").value = "";
    byId("frame").classList.remove("mirrored");
    showReferences(file);
    showFindings(file);
    showDecisions(file);
    showOnMap(file, byId("site").value);
    byId("sheet").scrollTop = 0;
    const { frames, message } = await read(`frames/${key}`);
    if (current === key) step = showFrames(key, frames, message);
  } catch (error) {
    say(error.message);
  }
}

function move(by) {
  const items = shown();
  const place = items.findIndex((item) => item.key === current);
  const next = items[Math.min(items.length - 1, Math.max(0, place + by))];
  if (next && next.key !== current) open(next.key);
}

async function judge(call) {
  if (!byId("by").value.trim()) {
    say("Write your initials first (above).");
    byId("by").focus();
    return;
  }
  const site = byId("site").value || null;
  const body = { by: byId("by").value.trim(), call, site, note: byId("note").value };
  for (const name of ["likelihood", "confidence"]) if (byId(name).value) body[name] = byId(name).value;
  if (chosenView()) body.view = chosenView();
  try {
    const key = current;
    file = await send(`file/${key}/judgement`, body);
    say("Kept in the custody log.", true);
    showDecisions(file);
    await refresh();
  } catch (error) {
    say(error.message);
  }
}

async function saveFootprint(shape) {
  const by = byId("by").value.trim(), site = byId("site").value;
  if (!by || !site) return say("A footprint needs your initials and a site: choose both first.");
  try {
    const { draft } = await send("footprint", { by, site, note: byId("note").value, ...shape });
    endDrawing();
    say(`Saved in the draft ${draft}, beside the case; the register itself is as it was.`, true);
  } catch (error) {
    say(error.message);
  }
}

const KEYS = {
  j: () => move(1), k: () => move(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  c: () => judge("consistent"), x: () => judge("not_this_site"), t: () => judge("cannot_tell"), s: () => judge("needs_second_reviewer"),
  n: () => byId("note").focus(), m: () => byId("frame").classList.toggle("mirrored"), "?": () => byId("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.target.closest("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "Escape" && isDrawing()) return endDrawing();
  if (event.target.closest(".leaflet-container") && event.key.startsWith("Arrow")) return;
  const act = /^[1-9]$/.test(event.key) ? () => chooseSite(Number(event.key)) : KEYS[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

function chooseSite(number) {
  if (number < byId("site").options.length) {
    byId("site").selectedIndex = number;
    showOnMap(file, byId("site").value);
  }
}

async function start() {
  const found = await read("case");
  sites = found.sites;
  byId("case-name").textContent = found.name;
  byId("by").value = found.reviewer;
  document.title = `Review ${found.name}`;
  for (const [name, values] of [["likelihood", found.likelihoods], ["confidence", found.confidences]])
    byId(name).replaceChildren(make("option", { value: "" }, "not said"), ...values.map((value) => make("option", { value }, value)));
  openMap(sites, saveFootprint);
  for (const button of document.querySelectorAll("[data-call]")) button.addEventListener("click", () => judge(button.dataset.call));
  byId("next").addEventListener("click", () => move(1));
  byId("filter").addEventListener("change", showQueue);
  byId("help-button").addEventListener("click", () => byId("help").showModal());
  byId("by").addEventListener("change", () => current && open(current));
  byId("site").addEventListener("change", () => showOnMap(file, byId("site").value));
  await refresh();
  if (queue.length) await open(queue[0].key);
}

start().catch((error) => say(error.message));
