// The list of the files that pass the filter, some at a time; all of them on paper.
const FIRST_ROWS = 100, MORE_ROWS = 400;
const rows = document.getElementById("rows"), more = document.getElementById("more");

function describeSite(file) {
  if (file.sites.length) return makeText(file.sites.map((at) => page.sites[at]).join(" / "));
  return hasLead(file) ? makeText(`(${page.sites[file.lead]})`) : "–";
}

function makeRow(file) {
  const verdict = make("td", {}, drawSymbol(file.kind), " ", say(`short.${file.kind}`));
  const score = file.sites.length ? figures.format(file.score) : hasLead(file) ? `(${figures.format(file.score)})` : "–";
  const review = ["–", say("list.decided"), say("list.disputed")][file.decided];
  return make("tr", {},
    make("th", { scope: "row" }, make("a", { href: linkOf(file) }, makeText(file.name))),
    verdict,
    make("td", {}, describeSite(file)),
    make("td", { class: "number" }, score),
    make("td", { class: "wide-only" }, sayDay(file.day)),
    make("td", { class: file.decided ? "wide-only mark-decided" : "wide-only" }, review));
}

function showRows(count) {
  rows.append(...shown.slice(rows.childElementCount, count).map(makeRow));
  more.hidden = rows.childElementCount >= shown.length;
}

document.addEventListener("filtered", () => {
  rows.replaceChildren();
  showRows(FIRST_ROWS);
});
more.addEventListener("click", () => showRows(rows.childElementCount + MORE_ROWS));
window.addEventListener("beforeprint", () => showRows(shown.length));
