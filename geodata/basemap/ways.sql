-- Roads by class. A way that is never drawn stays out: sidewalks, crossings, indoor ways, paths in tunnels.
INSERT INTO base.road (ref, k, link, br, ly, minor, geom)
SELECT ref, kind.k, tags->>'highway' LIKE '%\_link',
       CASE WHEN coalesce(tags->>'tunnel', 'no') <> 'no' THEN -1 WHEN coalesce(tags->>'bridge', 'no') <> 'no' THEN 1 ELSE 0 END,
       coalesce(substring(tags->>'layer' FROM '^-?[0-9]$')::smallint, 0),
       coalesce(tags->>'service', '') IN ('parking_aisle', 'driveway', 'drive-through', 'emergency_access'),
       shape.geom
FROM base.feature
CROSS JOIN LATERAL (SELECT CASE
    WHEN tags->>'highway' ~ '^(motorway|trunk|primary)(_link)?$' THEN 1
    WHEN tags->>'highway' ~ '^secondary(_link)?$' THEN 2
    WHEN tags->>'highway' ~ '^tertiary(_link)?$' THEN 3
    WHEN tags->>'highway' IN ('residential', 'unclassified', 'living_street', 'road') THEN 4
    WHEN tags->>'highway' IN ('service', 'busway', 'raceway') THEN 5
    WHEN tags->>'highway' = 'pedestrian' THEN 6
    WHEN tags->>'highway' IN ('footway', 'path', 'steps', 'cycleway', 'track', 'bridleway') THEN 7 END AS k) AS kind
CROSS JOIN LATERAL (SELECT ST_Transform(geom, 3857) AS geom) AS shape
WHERE GeometryType(feature.geom) = 'LINESTRING' AND kind.k IS NOT NULL AND coalesce(tags->>'area', 'no') <> 'yes' AND NOT tags ? 'indoor'
  AND coalesce(tags->>'footway', '') NOT IN ('sidewalk', 'crossing', 'traffic_island')
  AND NOT (kind.k >= 6 AND (tags ? 'tunnel' OR tags ? 'level' OR coalesce(tags->>'layer', '0') LIKE '-%'))
ORDER BY shape.geom;

-- Roads of the neighbours are cut off 60 m behind the border; what crosses water stays.
CREATE TEMP TABLE beyond ON COMMIT DROP AS
SELECT ST_Subdivide(ST_Difference(ST_Union(geom), (SELECT ST_Buffer(ST_Union(geom), 60) FROM base.land WHERE k = 1)), 128) AS geom
FROM base.land WHERE k = 0;
CREATE INDEX ON beyond USING gist (geom);
UPDATE base.road AS road
SET geom = ST_CollectionExtract(ST_Difference(road.geom, (SELECT ST_Union(geom) FROM beyond WHERE geom && road.geom)), 2)
WHERE EXISTS (SELECT 1 FROM beyond WHERE ST_Intersects(beyond.geom, road.geom));
DELETE FROM base.road WHERE ST_IsEmpty(geom);
DROP TABLE beyond;
