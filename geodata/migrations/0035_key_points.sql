-- migrate:up
-- Key places: the points of the district that its leaders keep in mind. Cameras and resources say so by is_key; an organization's is_key
-- means a key unit of work safety, so being a key place is a fact of its own. Every key unit is a key place.
ALTER TABLE hall.organization ADD COLUMN key_place boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN hall.organization.key_place IS 'on the list of key places, beside the key units of work safety';
-- services.key_points: the few hundred or thousand of 130,000
CREATE INDEX organization_key ON hall.organization (grid_code) WHERE key_place OR is_key;
-- what services.key_points and the cockpit count and list; personal values are not in it
CREATE VIEW hall.key_place AS
    SELECT 'resources' AS layer, id, kind AS category, name, address, state, grid_code, geom
    FROM hall.resource WHERE is_key
    UNION ALL
    SELECT 'organizations', id,
           CASE WHEN is_key THEN 'safety_unit' WHEN org_type IN ('enterprise', 'self_employed') THEN 'enterprise' ELSE org_type END,
           name, address, state, grid_code, geom
    FROM hall.organization WHERE key_place OR is_key;

-- A sign of life of each process behind the screens, written every few seconds. services.heartbeat, services.system_health
CREATE TABLE hall.heartbeat (
    process    text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    at         timestamptz NOT NULL
);

-- migrate:down
