// One file: its pictures, what the tool found, and what others judged.
import { byId, make, words } from "./dom.js";

const time = (seconds) => `${seconds.toFixed(1)} s`;

export function showFrames(key, frames, message) {
  const strip = byId("frame-strip");
  const choose = (number) => {
    byId("frame").src = `frame/${key}/${number}`;
    byId("frame").alt = `Frame of the footage at ${time(frames[number].time_s)}`;
    byId("frame-words").replaceChildren(frames.length > 1 ? `Frame at ${time(frames[number].time_s)}, ${number + 1} of ${frames.length}` : "The picture");
    [...strip.children].forEach((button, place) => button.setAttribute("aria-pressed", place === number));
    strip.dataset.chosen = number;
  };
  byId("frame").removeAttribute("src");
  strip.replaceChildren();
  if (!frames.length) {
    byId("frame-words").replaceChildren(message || "No picture");
    return () => {};
  }
  frames.forEach((frame, number) =>
    strip.append(make("button", { type: "button", onclick: () => choose(number), "aria-label": `Frame at ${time(frame.time_s)}` },
      make("img", { src: `frame/${key}/${number}`, alt: "", loading: "lazy" }))));
  choose(0);
  return (step) => choose((Number(strip.dataset.chosen) + step + frames.length) % frames.length);
}

export function showReferences(file) {
  const strip = byId("reference-strip");
  const matches = file.report.observations.map((item) => item.value).filter((value) => value.type === "visual_match");
  const best = new Map();
  for (const match of matches)
    if (!best.has(match.reference_digest) || best.get(match.reference_digest).strength < match.strength) best.set(match.reference_digest, match);
  const shown = [...best.values()].filter((match) => file.references[match.reference_digest]).sort((a, b) => b.strength - a.strength);
  const choose = (match) => {
    const reference = file.references[match.reference_digest];
    byId("reference").src = `reference/${match.reference_digest}`;
    byId("reference").alt = `Reference photograph of ${match.site_code}`;
    const told = [`${match.site_code}${match.part ? `, ${match.part}` : ""}`, `${match.places} points as in the frame at ${time(match.time_s)}`,
      match.mirrored ? "mirrored" : "", reference.taken, reference.by && `by ${reference.by}`, reference.source];
    byId("reference-words").replaceChildren("Reference of ", words(told.filter(Boolean).join("; ")));
    [...strip.children].forEach((button) => button.setAttribute("aria-pressed", button.dataset.digest === match.reference_digest));
  };
  const compare = (match) => {
    byId("reference").src = `picture/${match.picture}`;
    byId("reference").alt = `Frame and reference photograph of ${match.site_code}, the points that agree joined by lines`;
    byId("reference-words").replaceChildren("Points that agree with a reference of ", words(match.site_code));
    [...strip.children].forEach((button) => button.setAttribute("aria-pressed", button.dataset.digest === match.picture));
  };
  byId("reference").removeAttribute("src");
  strip.replaceChildren(...shown.map((match) =>
    make("button", { type: "button", "data-digest": match.reference_digest, onclick: () => choose(match), "aria-label": `Reference of ${match.site_code}` },
      make("img", { src: `reference/${match.reference_digest}`, alt: "", loading: "lazy" }))));
  for (const match of shown.filter((item) => file.pictures.includes(item.picture)))
    strip.append(make("button", { type: "button", "data-digest": match.picture, onclick: () => compare(match), "aria-label": `Points that agree with ${match.site_code}` },
      make("img", { src: `picture/${match.picture}`, alt: "", loading: "lazy" })));
  if (shown.length) choose(shown[0]);
  else byId("reference-words").replaceChildren("No reference photograph matches a frame");
}

export function showFindings(file) {
  const { report } = file;
  const names = new Map(report.candidates.map((candidate) => [candidate.site_code, candidate.site_name]));
  const rows = report.scores.slice(0, 6).map((score) => make("tr", {}, make("td", {}, score.site_code), make("td", {}, words(names.get(score.site_code) ?? "")),
    make("td", {}, String(Math.floor(score.probability * 100))), make("td", {}, score.log10_lr.toFixed(2))));
  const head = make("tr", {}, ...["site", "", "score", "log10 ratio"].map((text) => make("th", { scope: "col" }, text)));
  byId("scores").replaceChildren(...(rows.length ? [make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))] : ["No site was weighed."]));
  const evidence = report.evidence.filter((item) => Math.abs(item.log10_lr) >= 0.05).sort((a, b) => Math.abs(b.log10_lr) - Math.abs(a.log10_lr)).slice(0, 12);
  const texts = report.observations.filter((item) => item.value.type === "text").slice(0, 12);
  byId("findings").replaceChildren(
    ...list("Evidence", evidence.map((item) => make("li", { class: item.finding }, `${item.site_code} ${item.log10_lr >= 0 ? "+" : ""}${item.log10_lr.toFixed(2)} ${item.channel}: `, words(item.explanation)))),
    ...list("Words that came with it", texts.map((item) => make("li", {}, words(item.value.text), ` (${item.provenance.who})`))),
    ...list("Problems", report.problems.map((item) => make("li", {}, `${item.code}: `, words(item.message)))),
    ...list("What to do next", report.next_steps.map((step) => make("li", {}, words(step)))),
  );
}

function list(title, items) {
  return items.length ? [make("h3", {}, title), make("ul", {}, ...items)] : [];
}

export function showDecisions(file) {
  const parts = file.decisions.map((item) => {
    const said = [item.call?.replaceAll("_", " "), item.site, item.likelihood, item.confidence && `${item.confidence} confidence`, item.judgement];
    return make("li", {}, `${item.at.slice(0, 16).replace("T", " ")} UTC, ${item.by}: `, words(said.filter(Boolean).join("; ")));
  });
  const ends = new Set(file.decisions.filter((item) => ["consistent", "not_this_site"].includes(item.call)).map((item) => `${item.call} ${item.site}`));
  byId("decisions").replaceChildren(
    ...(ends.size > 1 ? [make("p", { class: "disagree" }, "Reviewers disagree.")] : []),
    ...(parts.length ? [make("h3", {}, "Judgements"), make("ul", {}, ...parts)] : []),
    ...(file.hidden_decisions ? [make("p", {}, `${file.hidden_decisions} other judgement${file.hidden_decisions > 1 ? "s" : ""}: shown once you have judged.`)] : []),
  );
}
