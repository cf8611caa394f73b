// Where files were located: a shape a verdict, the error circle, the track and the view, at true scale but for the view's length.
const WEDGE_M = 100, NEAR_PX = 12, LISTED = 8;
const EARTH_M = 40075016.686;
let located = [];

function metresPerPixel(map, lat) {
  return EARTH_M * Math.cos(lat * Math.PI / 180) / 2 ** (map.getZoom() + 8);
}

function drawMark(pen, kind, x, y, size) {
  pen.beginPath();
  if (kind === "consistent" || kind === "inconclusive") pen.arc(x, y, size * 0.85, 0, 7);
  else if (kind === "ambiguous") [[0, -1], [1, 0], [0, 1], [-1, 0]].forEach(([dx, dy]) => pen.lineTo(x + dx * size, y + dy * size));
  else if (kind === "contradictory") [[0, -1], [1, 0.8], [-1, 0.8]].forEach(([dx, dy]) => pen.lineTo(x + dx * size, y + dy * size));
  else for (const turn of [-1, 1]) { pen.moveTo(x - 0.8 * size, y - 0.8 * size * turn); pen.lineTo(x + 0.8 * size, y + 0.8 * size * turn); }
  if (kind === "consistent" || kind === "contradictory") { pen.fill(); pen.stroke(); return; }
  if (kind !== "inconsistent") pen.closePath();
  pen.stroke();
  if (kind === "ambiguous") { pen.beginPath(); pen.moveTo(x, y - size); pen.lineTo(x, y + size); pen.lineTo(x - size, y); pen.fill(); }
}

function drawSurroundings(pen, map, file, at, hue) {
  const scale = 1 / metresPerPixel(map, file.lat), radius = file.radius * scale;
  pen.fillStyle = pen.strokeStyle = hue;
  pen.lineWidth = 1;
  if (radius > 6) {
    pen.beginPath();
    pen.arc(at.x, at.y, radius, 0, 7);
    pen.globalAlpha = 0.08;
    pen.fill();
    pen.globalAlpha = 0.7;
    pen.stroke();
  }
  if (file.view && WEDGE_M * scale > 14) {
    const middle = (file.view[0] - 90) * Math.PI / 180, half = file.view[1] * Math.PI / 360;
    pen.beginPath();
    pen.moveTo(at.x, at.y);
    pen.arc(at.x, at.y, WEDGE_M * scale, middle - half, middle + half);
    pen.closePath();
    pen.globalAlpha = 0.15;
    pen.fill();
    pen.globalAlpha = 0.8;
    pen.stroke();
  }
  if (file.track && file.track.length) {
    pen.beginPath();
    for (const point of file.track) { const { x, y } = map.latLngToContainerPoint(point); pen.lineTo(x, y); }
    pen.globalAlpha = 0.8;
    pen.lineWidth = 2;
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

function drawFixes(pen, map, size, colour) {
  located = [];
  const hues = Object.fromEntries(page.verdicts.map((kind) => [kind, colour(kind)]));
  for (const file of shown) {
    if (!file.isLocated) continue;
    const at = map.latLngToContainerPoint([file.lat, file.lon]);
    const reach = Math.max(300, file.radius / metresPerPixel(map, file.lat));
    if (file.track?.length || (at.x > -reach && at.y > -reach && at.x < size.x + reach && at.y < size.y + reach)) located.push({ file, at });
  }
  for (const { file, at } of located) drawSurroundings(pen, map, file, at, hues[file.kind]);
  for (const { file, at } of located) {
    const hue = hues[file.kind], isFilled = file.kind === "consistent" || file.kind === "contradictory";
    // A rim in the colour of the ground keeps marks apart that lie on each other.
    pen.lineWidth = isFilled ? 1.2 : 4.5;
    pen.strokeStyle = colour("sea");
    pen.fillStyle = hue;
    if (!isFilled) drawMark(pen, file.kind, at.x, at.y, 6);
    pen.lineWidth = isFilled ? 1.2 : 2;
    pen.strokeStyle = isFilled ? colour("sea") : hue;
    drawMark(pen, file.kind, at.x, at.y, 6);
  }
}

function listFiles(hits) {
  const items = hits.slice(0, LISTED).map(({ file }) => make("li", {}, drawSymbol(file.kind), " ", make("a", { href: linkOf(file) }, makeText(file.name)), ` ${say(`short.${file.kind}`)}`));
  if (hits.length > LISTED) items.push(make("li", {}, say("map.more", { count: hits.length - LISTED })));
  return make("ul", {}, ...items);
}

function openAt(map, event) {
  const hits = located.map((item) => ({ ...item, away: item.at.distanceTo(event.containerPoint) })).filter((item) => item.away <= NEAR_PX);
  if (!hits.length) return;
  hits.sort((a, b) => a.away - b.away);
  // The outline underneath has a popup of its own, which this one takes the place of.
  setTimeout(() => L.popup({ maxHeight: 260 }).setLatLng([hits[0].file.lat, hits[0].file.lon]).setContent(listFiles(hits)).openOn(map));
}
