-- migrate:up
-- City parts (部件), sensors and cameras: what stands in the street.
CREATE TABLE hall.part_class (
    code  text PRIMARY KEY,                       -- CJ/T 214-2007: 2 major + 2 minor digits
    name  text NOT NULL,
    major text NOT NULL                           -- first two digits
);

CREATE TABLE hall.part (
    id           bigint PRIMARY KEY,
    source_id    text UNIQUE,                     -- the supplier's own id; null for generated rows
    obj_id       text NOT NULL UNIQUE,            -- 6 division + 4 class + 6 sequence
    class_code   text NOT NULL REFERENCES hall.part_class,
    name         text NOT NULL,
    state        text NOT NULL,                   -- intact | damaged | lost | abandoned | removed
    manage_dept  text,                            -- 主管部门
    owner_dept   text,                            -- 权属单位
    maintain_dept text,                           -- 养护单位
    data_source  text NOT NULL DEFAULT 'survey',
    accuracy     text NOT NULL DEFAULT 'B',       -- A 0.5 m, B 1 m, C 10 m
    heading_deg  real,
    installed_on date,
    changed_on   date,
    grid_code    text NOT NULL,
    flags        text[] NOT NULL DEFAULT '{}',
    geom         geometry(Point, 4326) NOT NULL
);
CREATE INDEX part_geog ON hall.part USING gist ((geom::geography));
CREATE TRIGGER part_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.part
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('parts');

CREATE TABLE hall.sensor (
    id           bigint PRIMARY KEY,
    code         text NOT NULL UNIQUE,
    name         text NOT NULL,
    kind         text NOT NULL,                   -- manhole | lamp | bin_level | smoke | elevator | ponding | gas | noise | air | water_level | traffic
    status       text NOT NULL,                   -- normal | alarm | offline
    metric       text,
    unit         text,
    value        double precision,
    limit_value  double precision,
    reported_at  timestamptz,
    part_id      bigint,
    building_id  bigint,
    owner_dept   text,
    installed_on date,
    grid_code    text NOT NULL,
    flags        text[] NOT NULL DEFAULT '{}',
    geom         geometry(Point, 4326) NOT NULL
);
CREATE INDEX sensor_geog ON hall.sensor USING gist ((geom::geography));
CREATE TRIGGER sensor_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.sensor
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('sensors');

CREATE TABLE hall.camera (
    id             bigint PRIMARY KEY,
    source_id      text UNIQUE,                   -- the supplier's own id; null for generated rows
    gb_id          text NOT NULL UNIQUE,          -- GB/T 28181 device id, 20 digits
    name           text NOT NULL,
    owner          text NOT NULL,                 -- police | traffic | city | environment | safety | fire | community | social
    place_type     text NOT NULL,                 -- junction | entrance | road | square
    ptz_type       smallint NOT NULL,             -- GB/T 28181: 1 dome, 2 half dome, 3 bullet, 4 remote bullet
    placement      text NOT NULL DEFAULT 'node',  -- AH-08: overall | region | node
    azimuth_deg    real NOT NULL,                 -- clockwise from north
    fov_deg        real NOT NULL,
    view_range_m   real NOT NULL,
    height_m       real NOT NULL DEFAULT 6,
    online         boolean NOT NULL,
    is_key         boolean NOT NULL DEFAULT false,
    ai_enabled     boolean NOT NULL DEFAULT false,
    address        text,
    retention_days smallint NOT NULL DEFAULT 30,
    changed_at     timestamptz,
    grid_code      text NOT NULL,
    flags          text[] NOT NULL DEFAULT '{}',
    geom           geometry(Point, 4326) NOT NULL
);
CREATE INDEX camera_geog ON hall.camera USING gist ((geom::geography));
CREATE TRIGGER camera_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.camera
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('cameras');

-- migrate:down
