-- Footprints with a height for each: mapped, from the floors, or estimated from the neighbours.
WITH footprint AS MATERIALIZED (
    SELECT coalesce(tags->>'building:part', 'no') <> 'no' AS part,
           coalesce(base.metres(tags->>'height'), base.metres(tags->>'building:levels') * 3.2, base.metres(tags->>'levels') * 3.2) AS height_m,
           coalesce(base.metres(tags->>'min_height'), base.metres(tags->>'building:min_level') * 3.2, 0) AS min_height_m,
           ST_MakeValid(ST_Transform(geom, 3857)) AS geom
    FROM base.feature
    WHERE (tags ? 'building' OR tags ? 'building:part') AND GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON')
      AND (coalesce(tags->>'building', 'no') NOT IN ('no', 'roof', 'proposed', 'construction') OR coalesce(tags->>'building:part', 'no') <> 'no')
      AND coalesce(tags->>'location', '') <> 'underground'
)
INSERT INTO base.building (id, part, height_m, min_height_m, estimated, area, geom)
SELECT row_number() OVER (ORDER BY geom), part, height_m, min_height_m, height_m IS NULL, ST_Area(geom), geom
FROM footprint
WHERE NOT ST_IsEmpty(geom) AND NOT EXISTS (SELECT 1 FROM base.land WHERE k = 0 AND ST_Covers(land.geom, footprint.geom));
ANALYZE base.building;

-- An outline that its parts cover to 60 % is not drawn: the parts carry the heights.
DELETE FROM base.building AS outline
WHERE NOT part AND 0.6 * area < (
    SELECT sum(ST_Area(ST_Intersection(piece.geom, outline.geom))) FROM base.building AS piece
    WHERE piece.part AND piece.geom && outline.geom AND ST_Intersects(piece.geom, outline.geom));

-- Unknown heights: the median of the known ones within some 80 m (boxes are near enough), capped by the footprint.
UPDATE base.building AS building SET height_m = greatest(3.5, least(
    coalesce((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY near.height_m) FROM base.building AS near
              WHERE NOT near.estimated AND NOT near.part AND near.geom && ST_Expand(building.geom, 80)), 9),
    CASE WHEN area < 40 THEN 3.5 WHEN area < 120 THEN 12 ELSE 40 END))
WHERE height_m IS NULL;
