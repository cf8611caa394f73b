// The filter's form, and which files pass it; whoever shows files listens to "filtered".
const form = document.getElementById("filter");
let shown = files;

function fillSelect(name, options) {
  for (const [value, text] of options) form.elements[name].append(make("option", { value }, text));
}

function listSites() {
  const used = new Set(files.flatMap((file) => (hasLead(file) ? [...file.sites, file.lead] : file.sites)));
  const names = Object.fromEntries(page.outlines.map((site) => [site.code, site.name]));
  return [...used].map((at) => [at, page.sites[at]]).sort((a, b) => a[1].localeCompare(b[1], language))
    .map(([at, code]) => [at, names[code] && names[code] !== code ? `${code} ${names[code]}` : code]);
}

fillSelect("site", listSites());
fillSelect("source", [...page.sources.map((name, at) => [at, name]), ["none", say("filter.no_source")]]);
form.elements.source.closest("label").hidden = !page.sources.length;
fillSelect("writer", [...page.writers.map((who, at) => [at, page.words[`word.${who}`] ?? who]), ["none", say("filter.no_position")]]);
const span = files.map((file) => file.day).filter(Boolean).sort();
for (const name of ["from", "to"]) {
  if (span.length) Object.assign(form.elements[name], { min: span[0], max: span[span.length - 1] });
}

function makeTest() {
  const verdicts = new Set([...form.querySelectorAll("[name=verdict]:checked")].map((box) => Number(box.value)));
  const site = form.elements.site.value === "" ? null : Number(form.elements.site.value);
  const source = form.elements.source.value;
  const writer = form.elements.writer.value;
  const from = form.elements.from.value, to = form.elements.to.value;
  const text = form.elements.text.value.trim().toLowerCase();
  return (file) => verdicts.has(file.verdict)
    && (site === null || file.sites.includes(site) || (file.lead === site && hasLead(file)))
    && (source === "" || (source === "none" ? file.source < 0 : file.source === Number(source)))
    && (writer === "" || (writer === "none" ? !file.isLocated : file.isLocated && file.writer === Number(writer)))
    && (!from || (file.day && file.day >= from)) && (!to || (file.day && file.day <= to))
    && (!text || file.folded.includes(text));
}

function filterFiles() {
  shown = files.filter(makeTest());
  document.getElementById("result").value = say("filter.result", { shown: shown.length, total: files.length });
  document.dispatchEvent(new Event("filtered"));
}

form.addEventListener("input", filterFiles);
form.addEventListener("submit", (event) => event.preventDefault());
// The fields have their first values again only after the event.
form.addEventListener("reset", () => setTimeout(filterFiles));
document.getElementById("print").addEventListener("click", () => window.print());
