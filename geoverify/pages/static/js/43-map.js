// The map itself: its furniture, its ground, and what it shows first.
const North = L.Control.extend({
  options: { position: "topright" },
  onAdd() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), arrow = document.createElementNS("http://www.w3.org/2000/svg", "path");
    for (const [name, value] of [["viewBox", "0 0 20 26"], ["width", "20"], ["height", "26"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
    arrow.setAttribute("d", "M10 1 17 24 10 19 3 24Z");
    svg.append(arrow);
    return make("div", { class: "north", title: say("map.north") }, svg, "N");
  },
});

const Fit = L.Control.extend({
  options: { position: "topleft" },
  onAdd(map) {
    const button = make("a", { href: "#map", role: "button", title: say("map.fit"), "aria-label": say("map.fit") }, "⤢");
    L.DomEvent.on(button, "click", (event) => { L.DomEvent.stop(event); fitEverything(map); });
    return make("div", { class: "leaflet-bar leaflet-control" }, button);
  },
});

function fit(map, points, sites) {
  const bounds = L.latLngBounds(points);
  for (const site of sites) bounds.extend(L.geoJSON(site.shape).getBounds());
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [36, 36], maxZoom: 18 });
  else map.setView([0, 0], 1);
  return bounds.isValid();
}

function fitEverything(map) {
  fit(map, shown.filter((file) => file.isLocated).map((file) => [file.lat, file.lon]), page.outlines);
}

// The sites that verdicts name: one file that was shot on another continent would leave nothing to see of them.
function fitShown(map) {
  const named = shown.filter((file) => file.sites.length), codes = new Set(named.flatMap((file) => file.sites).map((at) => page.sites[at]));
  const points = named.filter((file) => file.isLocated && file.kind === "consistent").map((file) => [file.lat, file.lon]);
  if (named.length) fit(map, points, page.outlines.filter((site) => codes.has(site.code)));
  else fitEverything(map);
}

function tellOutside(map) {
  const bounds = map.getBounds(), located = shown.filter((file) => file.isLocated);
  const count = located.filter((file) => !bounds.contains([file.lat, file.lon])).length;
  const message = !located.length ? say("map.none") : count ? say("map.outside", { count }) : "";
  document.getElementById("outside").textContent = message;
}

// Paper is narrower than most screens. A canvas that is drawn anew at the last moment stays blank on it, so the map keeps its
// size and is shown smaller.
const PAPER_PX = 670;

function prepareForPaper(map) {
  const { style } = map.getContainer();
  window.addEventListener("beforeprint", () => {
    const { x, y } = map.getSize();
    if (x > PAPER_PX) Object.assign(style, { width: `${x + 2}px`, height: `${y + 2}px`, zoom: PAPER_PX / x });
  });
  window.addEventListener("afterprint", () => Object.assign(style, { width: "", height: "", zoom: "" }));
}

const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

// Tiles that the page carries itself; where it has none, the ground stays as it is.
const Basemap = L.TileLayer.extend({
  initialize(options) {
    L.TileLayer.prototype.initialize.call(this, "", options);
  },
  getTileUrl({ x, y }) {
    return page.basemap.tiles[`${this._getZoomForUrl()}/${x}/${y}`] ?? NOTHING;
  },
});

function startMap() {
  const map = L.map("map", { attributionControl: false, zoomControl: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, maxZoom: 21, zoomSnap: 0.5, worldCopyJump: true });
  L.control.zoom({ zoomInTitle: say("map.zoom_in"), zoomOutTitle: say("map.zoom_out") }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
  new Fit().addTo(map);
  new North().addTo(map);
  fitShown(map);
  if (page.basemap) new Basemap({ maxZoom: 21, maxNativeZoom: page.basemap.max_zoom }).addTo(map);
  if (page.tiles) L.tileLayer(page.tiles, { maxZoom: 21, maxNativeZoom: 19, referrerPolicy: "no-referrer" }).addTo(map);
  else {
    map.createPane("ground").style.zIndex = 250;
    new Canvas(drawGraticule, "ground").addTo(map);
  }
  addOutlines(map);
  map.createPane("fixes").style.zIndex = 450;
  map.getPane("fixes").style.pointerEvents = "none";
  const fixes = new Canvas(drawFixes, "fixes").addTo(map);
  new Canvas(drawNames, "fixes").addTo(map);
  map.on("click", (event) => openAt(map, event));
  document.addEventListener("filtered", () => { fixes.redraw(); tellOutside(map); });
  map.on("moveend", () => tellOutside(map));
  tellOutside(map);
  prepareForPaper(map);
  form.elements.site.addEventListener("change", () => fitShown(map));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.fire("viewreset"));
  return map;
}
