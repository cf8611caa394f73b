// Footprints and named parts of the register at true scale; far out, where a compound is a speck, a ring of fixed size stands for it.
const NAMES_ZOOM = 12, PIECES_ZOOM = 16, DOTS_ZOOM = 14;

function middleOf(shape) {
  return L.geoJSON(shape).getBounds().getCenter();
}

function nameSite(site) {
  const limit = say(site.kind === "point" ? "map.point_only" : "map.boundary", { distance: sayDistance(site.error_m) });
  const name = site.name && site.name !== site.code ? `${site.code} ${site.name}` : site.code;
  return make("span", {}, make("strong", {}, makeText(name)), make("br"), `${say(`kind.${site.kind}`)}, ${limit}`);
}

function drawShape(shape, className, radius) {
  const style = { className, interactive: className.startsWith("outline") };
  return L.geoJSON(shape, { style: () => style, pointToLayer: (_, at) => L.circle(at, { ...style, radius }) });
}

// Names in the order in which they claim their room; one that would cover another is left out until the map is closer.
const names = [], pieceNames = [];

function drawNames(pen, map, size, colour) {
  const taken = [];
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = colour("sea");
  pen.fillStyle = colour("ink");
  for (const name of names) {
    if (map.getZoom() < name.zoom) continue;
    const { x, y } = map.latLngToContainerPoint(name.at);
    if (x < 0 || y < 0 || x > size.x || y > size.y) continue;
    pen.font = name.font;
    const half = pen.measureText(name.text).width / 2 + 3, base = y - name.lift;
    const box = [x - half, base - 13, x + half, base + 4];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    taken.push(box);
    pen.strokeText(name.text, x, base);
    pen.fillText(name.text, x, base);
  }
}

function addOutlines(map) {
  const outlines = L.layerGroup().addTo(map), dots = L.layerGroup(), pieces = L.layerGroup();
  for (const site of page.outlines) {
    const outline = drawShape(site.shape, site.kind === "point" ? "outline point" : "outline", site.error_m);
    outline.bindPopup(() => nameSite(site)).addTo(outlines);
    const middle = middleOf(site.shape);
    L.circleMarker(middle, { className: "dot", radius: 4, interactive: false }).addTo(dots);
    names.push({ at: middle, text: site.code, zoom: NAMES_ZOOM, font: "600 13px system-ui, sans-serif", lift: 10 });
    for (const part of site.parts) {
      drawShape(part.shape, part.shape.type.includes("LineString") ? "piece line" : "piece", 2).addTo(pieces);
      pieceNames.push({ at: middleOf(part.shape), text: part.name, zoom: PIECES_ZOOM, font: "12px system-ui, sans-serif", lift: -4 });
    }
  }
  names.push(...pieceNames);
  const choose = () => {
    const zoom = map.getZoom();
    for (const [layer, isShown] of [[dots, zoom < DOTS_ZOOM], [pieces, zoom >= PIECES_ZOOM]]) {
      if (isShown) layer.addTo(map); else layer.remove();
    }
  };
  map.on("zoomend", choose);
  choose();
}
