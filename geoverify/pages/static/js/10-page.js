// What the other parts share: the data of the page, its words and figures, and a way to build elements that runs no text as HTML.
const page = JSON.parse(document.getElementById("data").textContent);
// The locale of the figures, such as en-GB; the page's own language may be said more broadly.
const language = page.locale;
const plural = new Intl.PluralRules(language);
const figures = new Intl.NumberFormat(language);
const days = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });

function say(key, values = {}) {
  let message = page.words[key];
  if (typeof message === "object") message = message[plural.select(values.count)] ?? message.other;
  return message.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? figures.format(value) : value;
  });
}

function sayDistance(metres) {
  const digits = { maximumFractionDigits: 1 };
  if (metres < 1000) return `${(metres < 10 ? new Intl.NumberFormat(language, digits) : figures).format(metres < 10 ? metres : Math.round(metres))}\u00a0m`;
  return `${new Intl.NumberFormat(language, digits).format(metres / 1000)}\u00a0km`;
}

function sayDay(iso) {
  return iso ? days.format(new Date(`${iso}T00:00:00Z`)) : "–";
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Text of a file or a register: whichever way it runs, it moves nothing around it.
function makeText(text) {
  return make("bdi", { dir: "auto" }, text);
}

function drawSymbol(kind) {
  return document.querySelector(`.tally .symbol.${kind}`).cloneNode(true);
}

const columns = ["name", "verdict", "sites", "lead", "score", "day", "decided", "source", "lat", "lon", "radius", "writer", "view", "track"];
const files = page.files.map((row, at) => {
  const file = { number: at + 1, folded: row[0].toLowerCase() };
  columns.forEach((column, place) => { file[column] = row[place]; });
  file.kind = page.verdicts[file.verdict];
  file.isLocated = file.lat !== undefined;
  return file;
});

// A site that leads without being named; of a file that was located elsewhere it would only mislead.
function hasLead(file) {
  return file.lead >= 0 && file.score > 0 && file.kind !== "inconsistent";
}

function linkOf(file) {
  return page.folder ? `${page.folder}/${String(file.number).padStart(page.digits, "0")}.html` : `#file-${file.number}`;
}
