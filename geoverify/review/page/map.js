// Sites, fixes and views on a map without tiles; footprints and views that an analyst draws.
import { byId } from "./dom.js";

const L = window.L;
const COLOURS = { site: "#5b4a9b", chosen: "#0b57a4", fix: "#a3352a", drawn: "#1d6b45" };
// Of more sites than a browser draws quickly those are shown, and offered, that the file was weighed against.
const MANY_SITES = 3000;
let map, layer, drawn, sites = [], mode = null, corners = [], view = null, done = () => {};

export function openMap(list, whenDrawn) {
  sites = list;
  done = whenDrawn;
  map = L.map("map", { attributionControl: false, zoomControl: true, preferCanvas: false, maxZoom: 22, worldCopyJump: true });
  L.control.scale({ imperial: false }).addTo(map);
  const compass = L.control({ position: "topright" });
  compass.onAdd = () => {
    const box = L.DomUtil.create("div", "compass");
    box.textContent = "N ↑";
    return box;
  };
  compass.addTo(map);
  layer = L.layerGroup().addTo(map);
  drawn = L.layerGroup().addTo(map);
  map.setView([0, 0], 1);
  map.on("click", (event) => take(event.latlng));
  byId("draw").addEventListener("click", () => begin("draw", []));
  byId("correct").addEventListener("click", () => begin("draw", outline(byId("site").value)));
  byId("mark").addEventListener("click", () => begin("view", []));
  byId("draw-undo").addEventListener("click", () => { corners.pop(); redraw(); });
  byId("draw-cancel").addEventListener("click", () => begin(null, []));
  byId("draw-save").addEventListener("click", () => {
    done({ corners: corners.map((corner) => [corner.lng, corner.lat]), boundary_error_m: Number(byId("draw-error").value) });
  });
}

export const chosenView = () => view;
export const isDrawing = () => mode !== null;

export function endDrawing() {
  begin(null, []);
}

export function sitesOf(file, code) {
  if (sites.length <= MANY_SITES) return sites;
  const weighed = new Set(file ? file.report.candidates.map((candidate) => candidate.site_code) : []);
  return sites.filter((site) => weighed.has(site.code) || site.code === code);
}

export function showFile(file, code) {
  layer.clearLayers();
  view = null;
  begin(null, []);
  const near = new Set(file ? file.report.candidates.map((candidate) => candidate.site_code) : []);
  let bounds = L.latLngBounds([]);
  for (const site of sitesOf(file, code)) {
    const shape = L.geoJSON(site.footprint, {
      style: { color: site.code === code ? COLOURS.chosen : COLOURS.site, weight: site.code === code ? 3 : 1.5, fillOpacity: 0.12 },
      pointToLayer: (_, at) => L.circle(at, { radius: site.boundary_error_m || 50, dashArray: "4 4" }),
    }).bindTooltip(site.code, { permanent: near.has(site.code), direction: "center" }).addTo(layer);
    for (const part of site.parts ?? [])
      L.geoJSON(part.geometry, { style: { color: COLOURS.site, weight: 1, fillOpacity: 0 }, pointToLayer: (_, at) => L.circleMarker(at, { radius: 4, color: COLOURS.site }) })
        .bindTooltip(`${part.name} (${part.kind})`).addTo(layer);
    if (site.code === code) bounds = bounds.extend(shape.getBounds());
  }
  const place = file?.report.location;
  if (place) {
    const at = [place.lat_deg, place.lon_deg];
    L.circle(at, { radius: place.error_radius_m, color: COLOURS.fix, weight: 2, fillOpacity: 0.15 }).addTo(layer);
    L.circleMarker(at, { radius: 4, color: COLOURS.fix, fillOpacity: 1 }).bindTooltip("position in the file").addTo(layer);
    bounds = bounds.extend(L.latLng(at).toBounds(Math.max(200, 2 * place.error_radius_m)));
  }
  byId("map-words").textContent = place ? `Position ± ${Math.round(place.error_radius_m)} m (68 %)` : "No position in the file";
  map.invalidateSize();
  if (bounds.isValid()) map.fitBounds(bounds.pad(0.3), { maxZoom: 18 });
}

function outline(code) {
  const shape = sites.find((site) => site.code === code)?.footprint;
  const ring = shape?.type === "Polygon" ? shape.coordinates[0] : shape?.type === "MultiPolygon" ? shape.coordinates[0][0] : [];
  return ring.slice(0, -1).map(([lng, lat]) => L.latLng(lat, lng));
}

function begin(what, start) {
  mode = what;
  corners = [...start];
  byId("draw-tools").hidden = what !== "draw";
  byId("map").style.cursor = what ? "crosshair" : "";
  if (what === "draw") byId("map-words").textContent = "Click the corners one after the other; drag them to correct.";
  if (what === "view") byId("map-words").textContent = "Click where the camera stood, then what it looked at.";
  redraw();
}

function take(at) {
  if (!mode) return;
  corners.push(at);
  if (mode === "view" && corners.length === 2) {
    const [from, to] = corners;
    view = { lat_deg: from.lat, lon_deg: from.lng, heading_deg: bearing(from, to) };
    byId("map-words").textContent = `View marked: ${Math.round(view.heading_deg)}°; it goes with your judgement.`;
    mode = null;
    byId("map").style.cursor = "";
  }
  redraw();
}

// Initial bearing of the great circle.
function bearing(from, to) {
  const rad = Math.PI / 180;
  const [a, b, turn] = [from.lat * rad, to.lat * rad, (to.lng - from.lng) * rad];
  const angle = Math.atan2(Math.sin(turn) * Math.cos(b), Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(turn));
  return (angle / rad + 360) % 360;
}

function redraw() {
  drawn.clearLayers();
  if (!corners.length) return;
  const line = { color: COLOURS.drawn, weight: 3 };
  (mode === "draw" && corners.length > 2 ? L.polygon(corners, line) : L.polyline(corners, line)).addTo(drawn);
  corners.forEach((corner, number) => {
    const icon = L.divIcon({ className: "corner", iconSize: [12, 12] });
    L.marker(corner, { draggable: mode === "draw", icon, keyboard: false, title: `corner ${number + 1}` })
      .on("drag", (event) => { corners[number] = event.latlng; })
      .on("dragend", redraw).addTo(drawn);
  });
}
