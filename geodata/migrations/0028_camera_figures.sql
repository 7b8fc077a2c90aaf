-- migrate:up
-- What a camera really sees past buildings, and how much of its grid is seen, stand with the camera.
CREATE OR REPLACE VIEW hall.layer_cameras AS
    SELECT c.id, c.grid_code, c.gb_id, c.name, c.owner, c.place_type, c.ptz_type, c.placement, c.azimuth_deg, c.fov_deg, c.view_range_m,
           c.height_m, c.online, c.is_key, c.ai_enabled, c.address, c.retention_days, c.changed_at, array_to_string(c.flags, ',') AS flags,
           c.geom, c.video_source_id IS NOT NULL AND c.stream_ref IS NOT NULL AS playable, c.ptz, c.purpose, c.geom_source,
           CASE WHEN NOT coalesce(h.online, c.online) THEN 'offline' WHEN h.failure IS NOT NULL THEN 'failing'
                WHEN h.quality <> 'good' THEN h.quality WHEN h.quality = 'good' THEN 'good' ELSE 'unchecked' END AS health,
           h.codec, h.failure, v.area_m2 AS seen_m2, CASE WHEN g.open_m2 > 0 THEN 100 * g.seen_m2 / g.open_m2 END AS grid_percent
    FROM hall.camera c
        LEFT JOIN hall.camera_health h ON h.camera_id = c.id
        LEFT JOIN hall.camera_view v ON v.camera_id = c.id
        LEFT JOIN hall.camera_coverage g ON g.grid_code = c.grid_code;

-- migrate:down
