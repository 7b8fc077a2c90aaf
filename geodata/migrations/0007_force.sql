-- migrate:up
-- Who and what can be sent: workers and vehicles with their last position, and fixed resources.
CREATE TABLE hall.worker (
    id        bigint PRIMARY KEY,
    worker_no text NOT NULL UNIQUE,
    name      text NOT NULL,
    phone     text,
    role      text NOT NULL,                      -- grid_worker | enforcement | sanitation | maintenance | emergency
    team      text,
    skills    text[] NOT NULL DEFAULT '{}',
    status    text NOT NULL,                      -- free | busy | off_grid | off_duty
    load      smallint NOT NULL DEFAULT 0,        -- open tasks
    grid_code text NOT NULL,                      -- home grid or community
    flags     text[] NOT NULL DEFAULT '{}'
);
-- one grid, one worker (AH-13)
CREATE UNIQUE INDEX worker_grid ON hall.worker (grid_code) WHERE role = 'grid_worker';

-- Narrow on purpose: an indexed geometry that moves can never be updated in place.
CREATE TABLE hall.worker_position (
    worker_id   bigint PRIMARY KEY REFERENCES hall.worker ON DELETE CASCADE,
    reported_at timestamptz NOT NULL,
    speed_kmh   real,
    heading_deg real,
    battery_pct smallint,
    status      text NOT NULL,                    -- copy of worker.status, for the partial index below
    geom        geometry(Point, 4326) NOT NULL,
    geom_3857   geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(geom, 3857)) STORED
);
-- services.nearest.workers: free workers in order of distance
CREATE INDEX worker_position_free ON hall.worker_position USING gist (geom_3857) WHERE status = 'free';
CREATE TRIGGER worker_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.worker
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('workers');
CREATE TRIGGER worker_position_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.worker_position
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('workers');

CREATE TABLE hall.vehicle (
    id          bigint PRIMARY KEY,
    plate       text NOT NULL UNIQUE,             -- GA 36
    kind        text NOT NULL,                    -- sanitation | enforcement | muck | emergency
    sub_kind    text,
    team        text,
    driver      text,
    phone       text,
    terminal_no text,                             -- JT/T 808
    status      text NOT NULL,                    -- free | busy | lost | off_duty
    reported_at timestamptz NOT NULL,
    speed_kmh   real,
    heading_deg real,
    grid_code   text NOT NULL,
    flags       text[] NOT NULL DEFAULT '{}',
    geom        geometry(Point, 4326) NOT NULL,
    geom_3857   geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(geom, 3857)) STORED
);
CREATE INDEX vehicle_free ON hall.vehicle USING gist (geom_3857) WHERE status = 'free';
CREATE TRIGGER vehicle_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.vehicle
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('vehicles');

-- Movements of workers and vehicles. Whereabouts are sensitive: read only through services that check rights.
CREATE TABLE hall.track_point (
    worker_id   bigint NOT NULL,
    reported_at timestamptz NOT NULL,
    geom        geometry(Point, 4326) NOT NULL
);
CREATE INDEX track_point_worker ON hall.track_point (worker_id, reported_at);
CREATE TABLE hall.vehicle_track_point (
    vehicle_id  bigint NOT NULL,
    reported_at timestamptz NOT NULL,
    geom        geometry(Point, 4326) NOT NULL
);
CREATE INDEX vehicle_track_point_vehicle ON hall.vehicle_track_point (vehicle_id, reported_at);

CREATE TABLE hall.resource (
    id        bigint PRIMARY KEY,
    source_id text UNIQUE,
    kind      text NOT NULL,                      -- shelter | hospital | fire_station | hydrant | police | toilet | parking | warehouse | school
    name      text NOT NULL,
    address   text,
    contact   text,
    phone     text,
    capacity  integer,                            -- people, beds or bays, by kind
    available integer,
    state     text NOT NULL DEFAULT 'open',       -- open | closed | full
    is_key    boolean NOT NULL DEFAULT false,
    synthetic boolean NOT NULL DEFAULT false,     -- generated, not mapped
    grid_code text NOT NULL,
    flags     text[] NOT NULL DEFAULT '{}',
    geom      geometry(Point, 4326) NOT NULL
);
CREATE INDEX resource_geog ON hall.resource USING gist ((geom::geography));
CREATE TRIGGER resource_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.resource
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('resources');

-- migrate:down
