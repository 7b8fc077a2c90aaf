-- Land cover from areas, and the lines of rail, runways and waterways.
INSERT INTO base.surface (layer, k, rank, area, geom)
SELECT kind.layer, kind.k, kind.rank, ST_Area(shape.geom), shape.geom
FROM base.feature AS feature
CROSS JOIN LATERAL (
    SELECT * FROM (VALUES
        (tags->>'leisure' = 'swimming_pool' OR tags->>'amenity' = 'fountain', 'water', 'pool', 2),
        (tags->>'natural' = 'water' OR tags->>'waterway' IN ('riverbank', 'dock') OR tags->>'landuse' IN ('reservoir', 'basin'), 'water', 'water', 1),
        (tags->>'natural' = 'wood' OR tags->>'landuse' = 'forest', 'green', 'wood', 3),
        (tags->>'natural' IN ('scrub', 'heath', 'grassland'), 'green', 'scrub', 2),
        (tags->>'natural' = 'wetland', 'green', 'wetland', 4),
        (tags->>'natural' IN ('sand', 'beach', 'bare_rock', 'scree', 'shingle'), 'green', 'sand', 5),
        (tags->>'leisure' IN ('pitch', 'track'), 'green', 'pitch', 8),
        (tags->>'landuse' = 'cemetery' OR tags->>'amenity' = 'grave_yard', 'green', 'cemetery', 6),
        (tags->>'leisure' IN ('park', 'garden', 'golf_course', 'nature_reserve', 'common', 'playground'), 'green', 'park', 1),
        (tags->>'landuse' IN ('farmland', 'meadow', 'orchard', 'vineyard', 'allotments', 'greenhouse_horticulture'), 'green', 'field', 0),
        (tags->>'landuse' IN ('grass', 'recreation_ground', 'flowerbed', 'plant_nursery', 'village_green'), 'green', 'grass', 7),
        (tags ? 'building', 'none', '', 0),
        (tags->>'aeroway' IN ('apron', 'runway', 'taxiway', 'aerodrome', 'terminal', 'helipad'), 'site', 'aero', 1),
        (tags->>'man_made' = 'bridge', 'site', 'bridge', 9),
        (tags->>'man_made' IN ('pier', 'breakwater', 'groyne'), 'site', 'pier', 8),
        (tags->>'landuse' IN ('industrial', 'port', 'landfill', 'railway', 'quarry') OR tags->>'man_made' IN ('works', 'wastewater_plant'),
         'site', 'industrial', 2),
        (tags->>'landuse' IN ('construction', 'greenfield', 'brownfield'), 'site', 'bare', 3),
        (tags->>'amenity' IN ('school', 'university', 'college', 'kindergarten', 'hospital'), 'site', 'civic', 4),
        (tags->>'amenity' = 'parking' AND coalesce(tags->>'parking', 'surface') = 'surface', 'site', 'parking', 5),
        (tags->>'place' = 'square' OR (tags->>'highway' IN ('pedestrian', 'footway') AND coalesce(tags->>'area', 'yes') = 'yes' AND NOT tags ? 'indoor'),
         'site', 'square', 6)
    ) AS choice (fits, layer, k, rank) WHERE fits LIMIT 1
) AS kind
CROSS JOIN LATERAL (SELECT ST_MakeValid(ST_Transform(feature.geom, 3857)) AS geom) AS shape
WHERE GeometryType(feature.geom) IN ('POLYGON', 'MULTIPOLYGON') AND kind.layer <> 'none' AND coalesce(tags->>'location', '') <> 'underground'
ORDER BY shape.geom;

INSERT INTO base.track (layer, k, br, geom)
SELECT CASE WHEN tags ? 'waterway' AND NOT tags ? 'railway' THEN 'waterway' ELSE 'rail' END,
       CASE WHEN tags->>'railway' IN ('rail', 'light_rail', 'subway', 'tram', 'monorail', 'narrow_gauge', 'funicular') THEN 'rail'
            WHEN tags->>'aeroway' IN ('runway', 'taxiway') THEN tags->>'aeroway'
            WHEN tags->>'waterway' IN ('drain', 'ditch') THEN 'stream'
            ELSE tags->>'waterway' END,
       CASE WHEN coalesce(tags->>'tunnel', 'no') <> 'no' THEN -1 WHEN coalesce(tags->>'bridge', 'no') <> 'no' THEN 1 ELSE 0 END,
       ST_Transform(geom, 3857)
FROM base.feature
WHERE GeometryType(geom) = 'LINESTRING' AND (
    tags->>'railway' IN ('rail', 'light_rail', 'subway', 'tram', 'monorail', 'narrow_gauge', 'funicular')
    OR tags->>'aeroway' IN ('runway', 'taxiway')
    OR (tags->>'waterway' IN ('river', 'canal', 'stream', 'drain', 'ditch') AND coalesce(tags->>'tunnel', 'no') = 'no'));

-- What lies outside the area of authority is drawn flat: cover of the neighbours goes, what reaches out to them or into the sea is cut.
DELETE FROM base.surface AS surface
WHERE NOT EXISTS (SELECT 1 FROM base.land AS land WHERE land.k = 1 AND ST_DWithin(land.geom, surface.geom, 1));
UPDATE base.surface AS surface
SET geom = ST_CollectionExtract(ST_Intersection(surface.geom, (
    SELECT ST_Buffer(ST_Union(land.geom), 1) FROM base.land AS land WHERE land.k = 1 AND land.geom && ST_Expand(surface.geom, 2))), 3)
WHERE layer = 'water' AND NOT EXISTS (SELECT 1 FROM base.land AS land WHERE land.k = 1 AND ST_Covers(land.geom, surface.geom))
   OR EXISTS (SELECT 1 FROM base.land AS land WHERE land.k = 0 AND ST_Intersects(land.geom, surface.geom));
DELETE FROM base.surface WHERE ST_IsEmpty(geom);
UPDATE base.track AS track SET geom = ST_CollectionExtract(ST_Difference(track.geom, outside.geom), 2)
FROM (SELECT ST_Union(geom) AS geom FROM base.land WHERE k = 0) AS outside
WHERE ST_Intersects(track.geom, outside.geom);
DELETE FROM base.track WHERE ST_IsEmpty(geom);
