-- migrate:up
-- Legal entities and shops, at their place of work.
CREATE TABLE hall.organization (
    id          bigint PRIMARY KEY,
    source_id   text UNIQUE,
    uscc        text NOT NULL,                    -- GB 32100, 18 characters
    name        text NOT NULL,
    org_type    text NOT NULL,                    -- enterprise | self_employed | government | institution | social | school | hospital | other
    industry    text NOT NULL,                    -- GB/T 4754 section letter
    state       text NOT NULL DEFAULT 'active',   -- active | cancelled | revoked
    risk        text NOT NULL DEFAULT 'blue',     -- red | orange | yellow | blue: work-safety grading
    legal_rep   text,
    phone       text,
    address     text,
    employees   integer,
    is_key      boolean NOT NULL DEFAULT false,   -- key safety unit
    building_id bigint,
    room_id     bigint,
    grid_code   text NOT NULL,
    flags       text[] NOT NULL DEFAULT '{}',
    geom        geometry(Point, 4326) NOT NULL
);
CREATE UNIQUE INDEX organization_uscc ON hall.organization (uscc);
CREATE INDEX organization_phone ON hall.organization (phone);
CREATE INDEX organization_building ON hall.organization (building_id);
CREATE TRIGGER organization_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.organization
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('organizations');

-- migrate:down
