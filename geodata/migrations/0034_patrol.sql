-- migrate:up
-- 0034_patrol.sql: how long workers were where, kept when their tracks are gone: the exposure under which cases are found.

-- Seconds that workers spent in an H3 cell of resolution 10, by day of China; counted from hall.track_point by services.patrols.
CREATE TABLE hall.patrol (
    day     date    NOT NULL,
    cell    bigint  NOT NULL,
    seconds integer NOT NULL CHECK (seconds > 0),
    PRIMARY KEY (day, cell)
);
COMMENT ON COLUMN hall.patrol.cell IS 'H3 index of resolution 10 as a number';

-- Up to which instant tracks have been counted; one row.
CREATE TABLE hall.patrol_read (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    read_to    timestamptz NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- services.patrols: one hour of all workers
CREATE INDEX track_point_reported ON hall.track_point USING brin (reported_at);

-- migrate:down
