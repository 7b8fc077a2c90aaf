-- Names on the map: places, water, points of interest, parks and buildings share one table, so that one name stands once.
CREATE TEMP TABLE candidate ON COMMIT DROP AS
WITH named AS MATERIALIZED (
    SELECT feature.tags, name.name,
           CASE WHEN GeometryType(feature.geom) = 'POINT' THEN 0 ELSE ST_Area(ST_Transform(feature.geom, 3857)) END AS area,
           ST_Transform(ST_PointOnSurface(feature.geom), 3857) AS geom
    FROM base.feature AS feature JOIN base.name AS name ON name.ref = feature.ref
    WHERE GeometryType(feature.geom) <> 'LINESTRING'
)
SELECT row_number() OVER () AS id, named.name, kind.k, kind.rank, kind.min_zoom, named.area, named.geom
FROM named
CROSS JOIN LATERAL (
    SELECT * FROM (VALUES
        (tags->>'place' = 'city', 'city', 1, 8),
        (tags->>'place' = 'town', 'city', 2, 9),
        (tags->>'place' IN ('island', 'archipelago') AND name !~ '区$' AND length(name) <= 4, 'island', 4, 11),
        (tags->>'place' IN ('suburb', 'borough', 'district') AND name ~ '([区镇乡]|街道|[[:ascii:]])$', 'suburb', 8, 12),
        (tags->>'place' IN ('suburb', 'borough', 'district', 'quarter', 'island'), 'quarter', 12, 13),
        (tags->>'place' = 'village', 'quarter', 13, 13),
        (tags->>'place' IN ('hamlet', 'neighbourhood'), 'quarter', 14, 14),
        (tags->>'aeroway' = 'aerodrome', 'hub', 10, 12),
        (tags->>'amenity' = 'ferry_terminal', 'hub', 11, 13),
        (tags->>'railway' = 'station' OR tags->>'public_transport' = 'station', 'station', 20, 14),
        (tags->>'amenity' = 'hospital', 'hospital', 22, 14),
        (tags->>'amenity' = 'university', 'school', 24, 14),
        (tags->>'natural' IN ('water', 'bay', 'strait') AND (area > 20000 OR area = 0), 'water', 25, 13),
        (tags->>'leisure' = 'park' AND area > 8000, 'green', 26, 14),
        (tags->>'natural' = 'peak', 'peak', 28, 14),
        (tags->>'leisure' = 'stadium', 'landmark', 29, 15),
        (tags->>'amenity' IN ('townhall', 'courthouse') OR tags->>'office' = 'government', 'gov', 30, 15),
        (tags->>'amenity' IN ('police', 'fire_station'), 'rescue', 32, 15),
        (tags->>'tourism' IN ('museum', 'attraction') AND area > 400, 'landmark', 34, 15),
        (tags->>'tourism' = 'hotel' AND area > 2500, 'hotel', 36, 15),
        (tags->>'shop' IN ('mall', 'department_store'), 'landmark', 37, 15),
        (tags->>'amenity' IN ('school', 'college'), 'school', 40, 16),
        (tags->>'leisure' IN ('park', 'garden') OR tags->>'place' = 'square', 'green', 42, 16),
        (tags->>'amenity' IN ('library', 'theatre', 'arts_centre', 'marketplace', 'community_centre'), 'landmark', 46, 16),
        (tags->>'tourism' IN ('hotel', 'museum'), 'hotel', 47, 16),
        (tags->>'amenity' = 'clinic', 'hospital', 60, 17),
        (tags->>'amenity' = 'place_of_worship', 'landmark', 61, 17),
        (tags->>'amenity' IN ('kindergarten', 'social_facility'), 'school', 62, 17),
        (tags->>'amenity' IN ('fuel', 'bank', 'post_office'), 'poi', 64, 18),
        (tags->>'amenity' = 'pharmacy', 'poi', 66, 18),
        (tags ? 'building', 'building', 70, CASE WHEN area < 350 THEN 18 WHEN area < 1200 THEN 17 ELSE 16 END)
    ) AS choice (fits, k, rank, min_zoom) WHERE fits ORDER BY rank LIMIT 1
) AS kind
WHERE char_length(named.name) <= 40
  AND NOT (kind.k = 'water' AND named.name LIKE '%航道')
  AND NOT (kind.k = 'building' AND named.name ~ '([座期]|楼宇|停车场)$')
  -- names of the neighbours go, those on the water stay
  AND NOT EXISTS (SELECT 1 FROM base.land AS land WHERE land.k = 0 AND ST_Intersects(land.geom, named.geom))
  AND EXISTS (SELECT 1 FROM base.land AS land WHERE land.k = 1 AND ST_DWithin(land.geom, named.geom, CASE WHEN kind.k = 'water' THEN 3000 ELSE 100 END));
CREATE INDEX ON candidate (name);
CREATE INDEX ON candidate USING gist (geom) WHERE rank < 60;
ANALYZE candidate;

-- The same name within 250 m (places 3 km) is one label: the best rank stays, then the larger area. A building whose name only extends a
-- better one within 90 m (…停车场, …A座) repeats nothing.
INSERT INTO base.label (name, k, rank, min_zoom, area, geom)
SELECT name, k, rank, min_zoom, area, geom FROM candidate AS label
WHERE NOT EXISTS (
    SELECT 1 FROM candidate AS better
    WHERE better.name = label.name AND ST_DWithin(better.geom, label.geom, CASE WHEN label.rank < 20 THEN 3000 ELSE 250 END)
      AND (better.rank, -better.area, better.id) < (label.rank, -label.area, label.id))
  AND NOT EXISTS (
    SELECT 1 FROM candidate AS better
    WHERE label.k = 'building' AND better.rank < 60 AND better.name <> label.name AND char_length(better.name) >= 3
      AND ST_DWithin(better.geom, label.geom, 90) AND (starts_with(label.name, better.name) OR starts_with(better.name, label.name)))
ORDER BY geom;

-- One number a place: buildings carry most of them, doors the rest.
INSERT INTO base.house (number, geom)
SELECT number, geom FROM (
    SELECT DISTINCT ON (number, ST_SnapToGrid(point, 25)) number, point AS geom
    FROM (SELECT trim(tags->>'addr:housenumber') AS number, ST_Transform(ST_PointOnSurface(geom), 3857) AS point
          FROM base.feature WHERE tags ? 'addr:housenumber' AND GeometryType(geom) <> 'LINESTRING') AS address
    WHERE number ~ '^[0-9][0-9A-Za-z/-]{0,8}$'
    ORDER BY number, ST_SnapToGrid(point, 25)) AS house
WHERE NOT EXISTS (SELECT 1 FROM base.land AS land WHERE land.k = 0 AND ST_Intersects(land.geom, house.geom))
ORDER BY geom;
DROP TABLE candidate;
