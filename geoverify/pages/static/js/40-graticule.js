// Meridians and parallels with their degrees at the edges: what the map shows where there are no tiles.
const STEPS_DEG = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];
const LEAST_GAP_PX = 110;

// A canvas that lies over the whole map and is drawn anew whenever the map has moved.
const Canvas = L.Layer.extend({
  initialize(draw, pane) { Object.assign(this, { draw, pane }); },
  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "leaflet-layer");
    this.canvas.setAttribute("aria-hidden", "true");
    map.getPane(this.pane).append(this.canvas);
    map.on("move zoomend resize viewreset", this.redraw, this);
    this.paint();
  },
  onRemove(map) {
    this.canvas.remove();
    map.off("move zoomend resize viewreset", this.redraw, this);
  },
  // One move of the map tells of itself several times within a frame.
  redraw() {
    this.frame ??= requestAnimationFrame(() => this.paint());
  },
  paint() {
    this.frame = undefined;
    if (!this._map) return;
    const map = this._map, size = map.getSize(), density = window.devicePixelRatio || 1;
    this.canvas.width = size.x * density;
    this.canvas.height = size.y * density;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    const pen = this.canvas.getContext("2d");
    pen.scale(density, density);
    this.draw(pen, map, size, readColours());
  },
});

// Asking the style for a colour is slow, and a map of many files asks often.
function readColours() {
  const style = getComputedStyle(document.documentElement), known = new Map();
  return (name) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue(`--${name}`).trim());
    return known.get(name);
  };
}

function writeDegrees(value, letters) {
  const text = Math.abs(value).toFixed(5).replace(/0+$/, "").replace(/\.$/, "");
  return `${text}° ${value < 0 ? letters[1] : letters[0]}`;
}

function drawGraticule(pen, map, size, colour) {
  const bounds = map.getBounds(), perPixel = (bounds.getEast() - bounds.getWest()) / size.x;
  const step = STEPS_DEG.findLast((deg) => deg / perPixel >= LEAST_GAP_PX) ?? STEPS_DEG[0];
  pen.strokeStyle = colour("rule");
  pen.fillStyle = colour("quiet");
  pen.font = "11px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.beginPath();
  for (let at = Math.ceil(bounds.getWest() / step); at * step <= bounds.getEast(); at += 1) {
    const x = Math.round(map.latLngToContainerPoint([bounds.getCenter().lat, at * step]).x) + 0.5;
    pen.moveTo(x, 0);
    pen.lineTo(x, size.y);
    // The corners belong to the scale bar and to the parallels.
    if (x > 180 && x < size.x - 150) pen.fillText(writeDegrees(((at * step + 540) % 360) - 180, "EW"), x + 4, size.y - 6);
  }
  for (let at = Math.ceil(Math.max(-85, bounds.getSouth()) / step); at * step <= Math.min(85, bounds.getNorth()); at += 1) {
    const y = Math.round(map.latLngToContainerPoint([at * step, bounds.getCenter().lng]).y) + 0.5;
    pen.moveTo(0, y);
    pen.lineTo(size.x, y);
    if (y > 60 && y < size.y - 12) pen.fillText(writeDegrees(at * step, "NS"), size.x - 84, y - 4);
  }
  pen.stroke();
}
