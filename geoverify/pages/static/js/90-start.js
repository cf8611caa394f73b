// The order in which the parts come to life; a map that starts while it is hidden would have no size.
let map = null;

function startMapOnce() {
  if (!map) map = startMap();
}

document.documentElement.classList.add("js");
document.documentElement.dataset.view = "overview";
document.querySelector(".explorer").hidden = false;
filterFiles();
if (!/^#file-\d+$/.test(location.hash) || !holder) startMapOnce();
if (holder) route();
document.documentElement.dataset.ready = "yes";
