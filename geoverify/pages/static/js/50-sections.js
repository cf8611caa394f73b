// A file's section at a time, by the address's fragment; sections of many files lie packed until they are asked for.
const holder = document.getElementById("files");

async function unpack(number) {
  const at = Math.floor((number - 1) / Number(holder.dataset.perPack));
  const bytes = Uint8Array.from(atob(document.querySelectorAll("script.pack")[at].textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  // Written by the report's own template, in which every text is escaped; the page's policy runs no script in it either.
  const template = document.createElement("template");
  template.innerHTML = await new Response(stream).text();
  holder.append(template.content);
}

async function showFile(number) {
  const loading = document.getElementById("loading");
  if (!document.getElementById(`file-${number}`)) {
    loading.hidden = false;
    try {
      await unpack(number);
    } catch {
      loading.textContent = say("file.unpack_failed");
      return;
    }
    loading.hidden = true;
  }
  for (const article of holder.querySelectorAll(".file.current")) article.classList.remove("current");
  document.getElementById(`file-${number}`).classList.add("current");
  const order = shown.some((file) => file.number === number) ? shown : files;
  const place = order.findIndex((file) => file.number === number);
  for (const [id, file] of [["previous", order[place - 1]], ["next", order[place + 1]]]) {
    const link = document.getElementById(id);
    link.hidden = !file;
    if (file) link.href = linkOf(file);
  }
}

let overviewTop = 0;

async function route() {
  const root = document.documentElement, found = /^#file-(\d+)$/.exec(location.hash);
  const number = found ? Number(found[1]) : 0;
  if (number >= 1 && number <= files.length) {
    if (root.dataset.view === "overview") overviewTop = window.scrollY;
    await showFile(number);
    root.dataset.view = "file";
    window.scrollTo(0, 0);
    document.getElementById(`file-${number}-title`)?.focus({ preventScroll: true });
  } else {
    const comesBack = root.dataset.view === "file";
    root.dataset.view = "overview";
    if (comesBack) {
      startMapOnce();
      window.scrollTo(0, overviewTop);
    }
  }
}

function markFiltered() {
  const passing = new Set(shown.map((file) => file.number));
  for (const article of holder.querySelectorAll(".file")) article.classList.toggle("filtered", !passing.has(Number(article.id.slice(5))));
}

if (holder) {
  for (const name of [".file-nav", ".case-line"]) holder.querySelector(name).hidden = false;
  window.addEventListener("hashchange", route);
  window.addEventListener("beforeprint", markFiltered);
}
