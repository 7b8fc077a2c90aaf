/** Positions in the coordinate systems of the trade, distances and areas. Longitude first, degrees and metres. */
(function (hall) {
  'use strict';

  const AXIS = 6378137;
  const FLATTENING = 1 / 298.257222101; // CGCS2000; WGS 84 differs by a tenth of a millimetre
  const RADIANS = Math.PI / 180;

  // Krüger's series in the third flattening, exact to a millimetre within 3000 km of the central meridian
  const N = FLATTENING / (2 - FLATTENING);
  const RECTIFYING = (AXIS / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
  const ALPHA = [
    N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3,
    (13 / 48) * N ** 2 - (3 / 5) * N ** 3,
    (61 / 240) * N ** 3,
  ];
  const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING));

  /**
   * Transverse Mercator around a meridian, scale 1.
   * @returns {[number, number]} metres east of the meridian and north of the equator
   */
  function transverse(lon, lat, meridian) {
    const sine = Math.sin(lat * RADIANS);
    const conformal = Math.sinh(Math.atanh(sine) - ECCENTRICITY * Math.atanh(ECCENTRICITY * sine));
    const turn = (lon - meridian) * RADIANS;
    const north = Math.atan2(conformal, Math.cos(turn));
    const east = Math.asinh(Math.sin(turn) / Math.hypot(conformal, Math.cos(turn)));
    let x = east;
    let y = north;
    ALPHA.forEach((factor, index) => {
      const order = 2 * (index + 1);
      x += factor * Math.cos(order * north) * Math.sinh(order * east);
      y += factor * Math.sin(order * north) * Math.cosh(order * east);
    });
    return [RECTIFYING * x, RECTIFYING * y];
  }

  /**
   * CGCS2000 / 3-degree Gauss-Krüger, easting without the zone's number.
   * @returns {{easting: number, northing: number, meridian: number, epsg: number}} `epsg` is 4547 for the meridian 114° E
   */
  function gaussKruger(lon, lat) {
    const meridian = Math.round(lon / 3) * 3;
    const [x, y] = transverse(lon, lat, meridian);
    return { easting: x + 500000, northing: y, meridian, epsg: 4534 + (meridian - 75) / 3 };
  }

  // The published obfuscation of China's public maps; the inverse is not needed here.
  const GCJ_AXIS = 6378245;
  const GCJ_ECCENTRICITY = 0.00669342162296594323;

  function ripple(x, y) {
    const wave = (value, ...periods) => periods.reduce((sum, [size, part]) => sum + size * Math.sin(value * part * Math.PI), 0);
    const shared = wave(x, [20, 6], [20, 2]) * (2 / 3);
    const root = Math.sqrt(Math.abs(x));
    return {
      lat: -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared
        + (wave(y, [20, 1], [40, 1 / 3]) + wave(y, [160, 1 / 12], [320, 1 / 30])) * (2 / 3),
      lon: 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared
        + (wave(x, [20, 1], [40, 1 / 3]) + wave(x, [150, 1 / 12], [300, 1 / 30])) * (2 / 3),
    };
  }

  /**
   * WGS 84 to GCJ-02; outside the rectangle around mainland China positions stay as they are.
   * @returns {[number, number]} longitude, latitude
   */
  function toGcj02(lon, lat) {
    if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
    const shift = ripple(lon - 105, lat - 35);
    const sine = Math.sin(lat * RADIANS);
    const curve = 1 - GCJ_ECCENTRICITY * sine * sine;
    const perLat = ((GCJ_AXIS * (1 - GCJ_ECCENTRICITY)) / (curve * Math.sqrt(curve))) * RADIANS;
    const perLon = (GCJ_AXIS / Math.sqrt(curve)) * Math.cos(lat * RADIANS) * RADIANS;
    return [lon + shift.lon / perLon, lat + shift.lat / perLat];
  }

  /** Metres between two positions along the ellipsoid; within 50 km exact to some decimetres. */
  function distance([lonA, latA], [lonB, latB]) {
    const meridian = (lonA + lonB) / 2;
    const [xA, yA] = transverse(lonA, latA, meridian);
    const [xB, yB] = transverse(lonB, latB, meridian);
    return Math.hypot(xB - xA, yB - yA);
  }

  /** Metres along a line. */
  const length = (line) => line.slice(1).reduce((sum, position, index) => sum + distance(line[index], position), 0);

  /** Square metres inside a ring, closed or not. */
  function area(ring) {
    if (ring.length < 3) return 0;
    const meridian = ring.reduce((sum, [lon]) => sum + lon, 0) / ring.length;
    const flat = ring.map(([lon, lat]) => transverse(lon, lat, meridian));
    const [baseX, baseY] = flat[0];
    const twice = flat.reduce((sum, [x, y], index) => {
      const [nextX, nextY] = flat[(index + 1) % flat.length];
      return sum + (x - baseX) * (nextY - baseY) - (nextX - baseX) * (y - baseY);
    }, 0);
    return Math.abs(twice) / 2;
  }

  /**
   * The position that lies `metres` from another in a direction (degrees clockwise from north); for a few kilometres.
   * @returns {[number, number]}
   */
  function from([lon, lat], metres, bearing) {
    const sine = Math.sin(lat * RADIANS);
    const curve = Math.sqrt(1 - (ECCENTRICITY * sine) ** 2);
    const perLat = ((AXIS * (1 - ECCENTRICITY ** 2)) / curve ** 3) * RADIANS;
    const perLon = (AXIS / curve) * Math.cos(lat * RADIANS) * RADIANS;
    return [lon + (metres * Math.sin(bearing * RADIANS)) / perLon, lat + (metres * Math.cos(bearing * RADIANS)) / perLat];
  }

  /** A length for reading: 300 米, 1.24 公里. */
  function readLength(metres) {
    if (metres < 1000) return `${metres < 10 ? metres.toFixed(1) : Math.round(metres)} ${hall.t('map.unit.metre')}`;
    return `${(metres / 1000).toFixed(metres < 10000 ? 2 : 1)} ${hall.t('map.unit.kilometre')}`;
  }

  /** An area for reading: 450 平方米, 3.2 公顷, 0.28 平方公里. */
  function readArea(squareMetres) {
    if (squareMetres < 10000) return `${hall.number(Math.round(squareMetres))} ${hall.t('map.unit.square_metre')}`;
    return `${(squareMetres / 1e6).toFixed(squareMetres < 1e6 ? 3 : 2)} ${hall.t('map.unit.square_kilometre')}`;
  }

  hall.geodesy = { gaussKruger, toGcj02, distance, length, area, from, readLength, readArea };
})((window.hall = window.hall || {}));
