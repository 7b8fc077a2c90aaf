/** The cameras of the dock on the map: a number and the ground that it looks at, the same number as on the tile. */

const { hall } = window;
const STEPS = 14;

/** Corners of a sector in Leaflet's order. */
function sector({ lon, lat, azimuth_deg: azimuth, fov_deg: angle, view_range_m: range }) {
  const at = [lon, lat];
  const rim = Array.from({ length: STEPS + 1 }, (_, step) => hall.geodesy.from(at, range, azimuth - angle / 2 + (angle * step) / STEPS));
  return [at, ...rim].map(([x, y]) => [y, x]);
}

/** What it sees, cut by buildings where the server knows. */
function seen(camera) {
  const { view } = camera;
  if (view && view.type === 'Polygon') return view.coordinates.map((ring) => ring.map(([x, y]) => [y, x]));
  if (view && view.type === 'MultiPolygon') return view.coordinates.map((part) => part.map((ring) => ring.map(([x, y]) => [y, x])));
  return [camera.azimuth_deg, camera.fov_deg, camera.view_range_m].every(Number.isFinite) ? sector(camera) : null;
}

export class Marks {
  /** @param {{onChoose: function(number): void, onHover: function(?number): void}} wiring by index of the tile */
  constructor({ onChoose, onHover }) {
    Object.assign(this, { onChoose, onHover, group: null, parts: [] });
  }

  /** @param {Array<?Object>} cameras by tile */
  draw(cameras) {
    this.clear();
    const map = hall.map.leaflet();
    if (!map) return;
    const { L } = window;
    this.group = L.layerGroup().addTo(map);
    this.parts = cameras.map((camera, at) => {
      if (!camera || !Number.isFinite(camera.lon)) return null;
      const ring = seen(camera);
      const area = ring && L.polygon(ring, { className: 'hall-camera-view', interactive: false }).addTo(this.group);
      const html = hall.element('span', { class: 'hall-camera-number', text: String(at + 1) });
      const marker = L.marker([camera.lat, camera.lon], {
        icon: L.divIcon({ className: 'hall-camera-box', html, iconSize: [20, 20] }), keyboard: false, alt: `${at + 1} ${camera.name}`, zIndexOffset: 500,
      }).addTo(this.group);
      marker.on('click', () => this.onChoose(at));
      marker.on('mouseover', () => this.onHover(at));
      marker.on('mouseout', () => this.onHover(null));
      return { area, html };
    });
  }

  /** Light one. */
  light(at) {
    this.parts.forEach((part, index) => {
      if (!part) return;
      part.html.classList.toggle('lit', index === at);
      if (part.area && part.area.getElement()) part.area.getElement().classList.toggle('lit', index === at);
    });
  }

  clear() {
    if (this.group) this.group.remove();
    this.group = null;
    this.parts = [];
  }
}
