-- migrate:up
-- The base map, ready to be cut: narrow tables in EPSG:3857 that geodata.basemap fills from base.feature, and base.tile(), which cuts one
-- tile with all layers in it. Tiles are seeded at import; nothing here is read while the product serves.

-- Names as the map writes them: one script for the whole map
CREATE TABLE base.name (
    ref  text PRIMARY KEY,                        -- as in base.feature
    name text NOT NULL
);

-- Land of the frame; k = 1 inside the area of authority, 0 outside. What is not here is sea
CREATE TABLE base.land (
    k    smallint NOT NULL,
    geom geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX land_geom ON base.land USING gist (geom);

-- The shore as lines: the outline of a clipped land polygon would draw the tile borders too
CREATE TABLE base.coast (
    k    smallint NOT NULL,
    geom geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX coast_geom ON base.coast USING gist (geom);

CREATE TABLE base.surface (
    layer text NOT NULL CHECK (layer IN ('site', 'green', 'water')),
    k     text NOT NULL,
    rank  smallint NOT NULL,                      -- drawn in this order inside its layer
    area  double precision NOT NULL,              -- of the projected shape
    geom  geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX surface_geom ON base.surface USING gist (geom);

-- k: 1 primary and above, 2 secondary, 3 tertiary, 4 residential, 5 service, 6 pedestrian, 7 path; link: slip road;
-- br: 1 bridge, -1 tunnel; ly: OSM layer; minor: driveway or parking aisle
CREATE TABLE base.road (
    ref   text NOT NULL,
    k     smallint NOT NULL,
    link  boolean NOT NULL,
    br    smallint NOT NULL,
    ly    smallint NOT NULL,
    minor boolean NOT NULL,
    geom  geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX road_geom ON base.road USING gist (geom);

-- k: rail, runway, taxiway, river, canal, stream
CREATE TABLE base.track (
    layer text NOT NULL CHECK (layer IN ('rail', 'waterway')),
    k     text NOT NULL,
    br    smallint NOT NULL,
    geom  geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX track_geom ON base.track USING gist (geom);

CREATE TABLE base.building (
    id           bigint PRIMARY KEY,
    part         boolean NOT NULL,                -- building:part, drawn instead of the outline that it covers
    height_m     real,
    min_height_m real NOT NULL,
    estimated    boolean NOT NULL,                -- no height in the source
    area         double precision NOT NULL,
    geom         geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX base_building_geom ON base.building USING gist (geom);

-- One row per name on the map. rank: 1 is placed first; min_zoom: map zoom from which it may show
CREATE TABLE base.label (
    name     text NOT NULL,
    k        text NOT NULL,
    rank     smallint NOT NULL,
    min_zoom smallint NOT NULL,
    area     double precision NOT NULL,
    geom     geometry(Point, 3857) NOT NULL
);
CREATE INDEX label_geom ON base.label USING gist (geom);
-- geodata.basemap: one name once
CREATE INDEX label_name ON base.label (name);

-- House numbers, for the closest zooms
CREATE TABLE base.house (
    number text NOT NULL,
    geom   geometry(Point, 3857) NOT NULL
);
CREATE INDEX house_geom ON base.house USING gist (geom);

-- One short line per road name on the map, laid out for one zoom
CREATE TABLE base.road_label (
    zoom   smallint NOT NULL,
    k      smallint NOT NULL,
    name   text NOT NULL,
    middle geometry(Point, 3857) NOT NULL,
    geom   geometry(LineString, 3857) NOT NULL
);
CREATE INDEX road_label_middle ON base.road_label USING gist (middle);

-- First number of a tag in metres: '12', '12 m', '12;14', '39 ft'; null when there is none or it is 1,000 or more
CREATE FUNCTION base.metres(tag text) RETURNS real LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN found[1]::real < 1000 THEN found[1]::real * CASE WHEN found[2] IS NULL THEN 1 ELSE 0.3048 END END
    FROM regexp_matches(replace(tag, ',', '.'), '^\s*([0-9]{1,4}(?:\.[0-9]+)?)\s*(ft|'')?') AS found
$$;

-- Projected metres per CSS pixel at zoom z with tiles of 512 pixels
CREATE FUNCTION base.pixel(z integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT 78271.516964 / 2 ^ z $$;

-- Whether a point belongs to the tile: half-open, so that it belongs to one tile only
CREATE FUNCTION base.within(point geometry, box geometry) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ST_X(point) >= ST_XMin(box) AND ST_X(point) < ST_XMax(box) AND ST_Y(point) > ST_YMin(box) AND ST_Y(point) <= ST_YMax(box)
$$;

-- Layers land (k), coast (k), site, green, water (k)
CREATE FUNCTION base.tile_ground(z integer, box geometry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH land AS (
        SELECT ST_AsMVT(t, 'land', 4096, 'geom') AS mvt FROM (
            -- subdivided parts are joined again, or hairlines would show between them
            SELECT k, ST_AsMVTGeom(ST_Simplify(ST_Union(ST_ClipByBox2D(geom, ST_Expand(box, base.pixel(z) * 16))), base.pixel(z) * 0.5, true),
                                   box, 4096, 64) AS geom
            FROM base.land WHERE geom && ST_Expand(box, base.pixel(z) * 8) GROUP BY k) t
        WHERE geom IS NOT NULL
    ), coast AS (
        SELECT ST_AsMVT(t, 'coast', 4096, 'geom') AS mvt FROM (
            SELECT k, ST_AsMVTGeom(ST_Simplify(ST_LineMerge(ST_Collect(geom)), base.pixel(z) * 0.5), box, 4096, 96) AS geom
            FROM base.coast WHERE geom && ST_Expand(box, base.pixel(z) * 14) GROUP BY k) t
        WHERE geom IS NOT NULL
    ), surface AS (
        SELECT layer, k, ST_AsMVTGeom(ST_Simplify(ST_Collect(geom), base.pixel(z) * 0.4, true), box, 4096, 64) AS geom, min(rank) AS rank
        FROM base.surface
        WHERE z >= 10 AND geom && ST_Expand(box, base.pixel(z) * 8)
          AND area > base.pixel(z) ^ 2 * CASE WHEN z <= 12 THEN 60 WHEN z <= 14 THEN 30 ELSE 8 END
          AND (z >= 15 OR area > 4000 OR k NOT IN ('pool', 'parking', 'cemetery', 'pitch', 'square'))
        GROUP BY layer, k
    ), surfaces AS (
        SELECT ST_AsMVT(t, layer, 4096, 'geom') AS mvt, layer FROM (SELECT layer, k, geom FROM surface WHERE geom IS NOT NULL ORDER BY rank) t
        GROUP BY layer
    )
    SELECT coalesce(land.mvt, '') || coalesce(coast.mvt, '') || coalesce((SELECT string_agg(mvt, '' ORDER BY layer) FROM surfaces), '')
    FROM land, coast
$$;

-- Layers road (k, ln, br, ly), rail (k, br), waterway (k). One line per class and level: a drawn line needs no name
CREATE FUNCTION base.tile_ways(z integer, box geometry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH road AS (
        SELECT k, link::int AS ln, br, CASE WHEN z >= 15 THEN ly ELSE sign(ly)::int END AS ly,
               ST_AsMVTGeom(ST_Simplify(ST_LineMerge(ST_Collect(geom)), base.pixel(z) * 0.35), box, 4096, 64) AS geom
        FROM base.road
        WHERE geom && ST_Expand(box, base.pixel(z) * 8)
          AND k <= CASE WHEN z <= 9 THEN 1 WHEN z <= 11 THEN 2 WHEN z = 12 THEN 3 WHEN z <= 14 THEN 4 ELSE 7 END
          AND (z >= 12 OR NOT link) AND (z >= 16 OR NOT minor) AND (z >= 14 OR br >= 0 OR k <= 2)
        GROUP BY 1, 2, 3, 4 ORDER BY 4, 1 DESC
    ), track AS (
        SELECT layer, k, br, ST_AsMVTGeom(ST_Simplify(ST_LineMerge(ST_Collect(geom)), base.pixel(z) * 0.35), box, 4096, 64) AS geom
        FROM base.track
        WHERE z >= 11 AND (z >= 13 OR k <> 'stream') AND geom && ST_Expand(box, base.pixel(z) * 8)
        GROUP BY 1, 2, 3
    )
    SELECT coalesce((SELECT ST_AsMVT(road, 'road', 4096, 'geom') FROM road WHERE geom IS NOT NULL), '')
        || coalesce((SELECT ST_AsMVT(t, 'rail', 4096, 'geom') FROM (SELECT k, br, geom FROM track WHERE layer = 'rail') t WHERE geom IS NOT NULL), '')
        || coalesce((SELECT ST_AsMVT(t, 'waterway', 4096, 'geom') FROM (SELECT k, geom FROM track WHERE layer = 'waterway') t
                     WHERE geom IS NOT NULL), '')
$$;

-- Layer building (h, mh in whole metres): one massing at z13; from z14 all of one height are one feature, which keeps tiles small.
-- Footprints are put together after the cut: a multipolygon of neighbours would lose the walls between them.
CREATE FUNCTION base.tile_building(z integer, box geometry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH cut AS (
        SELECT CASE WHEN z = 13 THEN 0 ELSE round(height_m)::int END AS h,
               CASE WHEN z = 13 THEN NULL ELSE nullif(round(min_height_m)::int, 0) END AS mh,
               ST_AsMVTGeom(ST_Simplify(geom, base.pixel(z) * CASE WHEN z <= 14 THEN 0.6 ELSE 0.3 END, true), box, 4096, 64) AS geom
        FROM base.building
        WHERE z >= 13 AND geom && ST_Expand(box, base.pixel(z) * 4)
          AND area > CASE z WHEN 13 THEN 500 WHEN 14 THEN 180 ELSE 8 END
    ), same AS (
        SELECT h, mh, ST_CollectionExtract(ST_Collect(geom), 3) AS geom FROM cut WHERE geom IS NOT NULL GROUP BY h, mh ORDER BY h
    )
    SELECT coalesce(ST_AsMVT(same, 'building', 4096, 'geom'), '') FROM same
$$;

-- Layers label (name, k, r, z, a), road_label (name, k), house (n). z16 carries all names: the client zooms on from there
CREATE FUNCTION base.tile_label(z integer, box geometry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH label AS (
        SELECT name, k, rank AS r, min_zoom AS z, CASE WHEN k IN ('building', 'green', 'water') THEN area::int END AS a,
               ST_AsMVTGeom(geom, box, 4096, 0, false) AS geom
        FROM base.label
        WHERE geom && box AND base.within(geom, box) AND (min_zoom <= tile_label.z OR tile_label.z = 16)
        ORDER BY rank, area DESC
    ), road AS (
        SELECT name, k, ST_AsMVTGeom(geom, box, 4096, 0, false) AS geom FROM base.road_label
        WHERE zoom = tile_label.z AND middle && box AND base.within(middle, box) ORDER BY k
    ), house AS (
        SELECT number AS n, ST_AsMVTGeom(geom, box, 4096, 0, false) AS geom FROM base.house
        WHERE tile_label.z = 16 AND geom && box AND base.within(geom, box)
    )
    SELECT coalesce((SELECT ST_AsMVT(label, 'label', 4096, 'geom') FROM label), '')
        || coalesce((SELECT ST_AsMVT(road, 'road_label', 4096, 'geom') FROM road), '')
        || coalesce((SELECT ST_AsMVT(house, 'house', 4096, 'geom') FROM house), '')
$$;

-- One tile of the base map, uncompressed; empty where there is nothing but sea. In plpgsql, because a function called from an SQL function
-- is planned anew at every call.
CREATE FUNCTION base.tile(z integer, x integer, y integer) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    box geometry := ST_TileEnvelope(z, x, y);
BEGIN
    RETURN base.tile_ground(z, box) || base.tile_ways(z, box) || base.tile_building(z, box) || base.tile_label(z, box);
END $$;

-- migrate:down
