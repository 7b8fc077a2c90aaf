-- migrate:up
-- Events (案件). Classes are project definitions built on CJ/T 214-2007 and KF-26; the workflow's own tables come with dispatch.
CREATE TABLE hall.event_class (
    code  text PRIMARY KEY,
    name  text NOT NULL,
    major text NOT NULL      -- governance | city | safety | environment | dispute | service | emergency (KF-26)
);

CREATE TABLE hall.event (
    id             bigint PRIMARY KEY,
    source_id      text UNIQUE,
    case_no        text NOT NULL UNIQUE,          -- 6 division + yyyymmdd + 5 sequence
    title          text NOT NULL,
    description    text,
    class_code     text NOT NULL REFERENCES hall.event_class,
    major          text NOT NULL,                 -- copy of the class's major: filter and colour
    level          smallint NOT NULL CHECK (level BETWEEN 0 AND 4),   -- 1 Ⅰ … 4 Ⅳ, 0 ordinary
    source         text NOT NULL,                 -- grid_self | grid_patrol | city_dcm | hotline12345 | citizen | sensor | video_ai | other
    state          text NOT NULL,                 -- reported | filed | dispatched | handling | checking | suspended | closed | void
    reported_at    timestamptz NOT NULL,
    deadline_at    timestamptz NOT NULL,          -- of the current step while open
    step_started_at timestamptz NOT NULL,
    closed_at      timestamptz,
    reporter       text,
    reporter_phone text,
    place_text     text NOT NULL,
    building_id    bigint,
    worker_id      bigint,
    dup_of         bigint,
    grid_code      text NOT NULL,
    flags          text[] NOT NULL DEFAULT '{}',
    geom           geometry(Point, 4326) NOT NULL
);
CREATE INDEX event_reported ON hall.event (reported_at);
CREATE INDEX event_building ON hall.event (building_id) WHERE building_id IS NOT NULL;
-- services.relations: the duplicates of a case
CREATE INDEX event_dup_of ON hall.event (dup_of) WHERE dup_of IS NOT NULL;
-- the desk's list and the open_events layer
CREATE INDEX event_open ON hall.event (state) WHERE closed_at IS NULL;
-- services.search: who reported with this number
CREATE INDEX event_reporter_phone ON hall.event (reporter_phone) WHERE reporter_phone IS NOT NULL;
CREATE TRIGGER event_touched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.event
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('events', 'open_events');

-- migrate:down
