-- migrate:up
-- How much of the open ground cameras see, grid by grid, and how cameras are: both as layers.

ALTER TABLE hall.camera_coverage ADD stamp text NOT NULL DEFAULT ''; -- digest of the grid, the views and the buildings it was made of
CREATE TRIGGER camera_coverage_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.camera_coverage
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('camera_coverage');

-- Shares are of the open ground: what lies outside of buildings and water.
CREATE VIEW hall.layer_camera_coverage AS
    SELECT a.id, a.code AS grid_code, a.code, a.name, c.cameras, c.open_m2, c.seen_m2, c.open_m2 - c.seen_m2 AS unseen_m2, s.percent,
           CASE WHEN s.percent < 5 THEN 'none' WHEN s.percent < 20 THEN 'poor' WHEN s.percent < 40 THEN 'partial'
                WHEN s.percent < 60 THEN 'fair' ELSE 'good' END AS band,
           c.made_at, a.geom, a.geom_3857
    FROM hall.camera_coverage c JOIN hall.area a ON a.code = c.grid_code AND a.level = 'base_grid'
        CROSS JOIN LATERAL (SELECT CASE WHEN c.open_m2 > 0 THEN 100 * c.seen_m2 / c.open_m2 ELSE 100 END AS percent) AS s;

-- The layer of cameras tells how they are. A look at a camera moves the layer's revision only when what is drawn has turned.
CREATE OR REPLACE VIEW hall.layer_cameras AS
    SELECT c.id, c.grid_code, c.gb_id, c.name, c.owner, c.place_type, c.ptz_type, c.placement, c.azimuth_deg, c.fov_deg, c.view_range_m,
           c.height_m, c.online, c.is_key, c.ai_enabled, c.address, c.retention_days, c.changed_at, array_to_string(c.flags, ',') AS flags,
           c.geom, c.video_source_id IS NOT NULL AND c.stream_ref IS NOT NULL AS playable, c.ptz, c.purpose, c.geom_source,
           CASE WHEN NOT coalesce(h.online, c.online) THEN 'offline' WHEN h.failure IS NOT NULL THEN 'failing'
                WHEN h.quality <> 'good' THEN h.quality WHEN h.quality = 'good' THEN 'good' ELSE 'unchecked' END AS health,
           h.codec, h.failure
    FROM hall.camera c LEFT JOIN hall.camera_health h ON h.camera_id = c.id;

CREATE FUNCTION hall.camera_health_turned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The two ways apart: an insert has no former rows to name, and INSERT … ON CONFLICT fires both, with nothing in the one that did not happen.
    IF tg_op = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM turned) THEN
            RETURN NULL;
        END IF;
    ELSIF NOT EXISTS (
        SELECT FROM turned n JOIN former o USING (camera_id)
        WHERE (n.online, n.failure, n.codec, n.quality) IS DISTINCT FROM (o.online, o.failure, o.codec, o.quality)
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO hall.layer_revision AS r (layer) VALUES ('cameras')
    ON CONFLICT (layer) DO UPDATE SET revision = r.revision + 1, changed_at = now();
    PERFORM pg_notify('layer_changed', 'cameras');
    RETURN NULL;
END $$;
CREATE TRIGGER camera_health_seen AFTER INSERT ON hall.camera_health
    REFERENCING NEW TABLE AS turned FOR EACH STATEMENT EXECUTE FUNCTION hall.camera_health_turned();
CREATE TRIGGER camera_health_turned AFTER UPDATE ON hall.camera_health
    REFERENCING NEW TABLE AS turned OLD TABLE AS former FOR EACH STATEMENT EXECUTE FUNCTION hall.camera_health_turned();

-- migrate:down
