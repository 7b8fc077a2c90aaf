-- migrate:up
-- Changes are noted per statement, and after the layers' revisions were raised (triggers of a kind fire in the order of their names). The
-- revision's row is locked until the transaction ends, so ids of changes are handed out in the order in which they become visible: who has
-- read up to an id has missed nothing below it.
ALTER TABLE hall.change
    ADD was_grid_code text,                               -- where the row was before, if it moved: readers there see it leave
    ADD alarm         boolean NOT NULL DEFAULT false;     -- a case has become Ⅰ or Ⅱ with this change
DROP TRIGGER event_inserted ON hall.event;
DROP TRIGGER event_changed ON hall.event;
DROP FUNCTION hall.note_change();
CREATE FUNCTION hall.note_new_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hall.change (layer, row_id, kind, grid_code, alarm)
    SELECT 'open_events', id, 'insert', grid_code, level IN (1, 2) AND closed_at IS NULL FROM fresh ORDER BY id;
    IF FOUND THEN
        PERFORM pg_notify('hall_change', '');
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION hall.note_changed_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hall.change (layer, row_id, kind, grid_code, was_grid_code, alarm)
    SELECT 'open_events', now.id, 'update', now.grid_code, nullif(was.grid_code, now.grid_code),
           now.level IN (1, 2) AND now.closed_at IS NULL AND (was.level NOT IN (1, 2) OR now.level < was.level OR was.closed_at IS NOT NULL)
    FROM fresh AS now JOIN stale AS was ON was.id = now.id
    WHERE was.* IS DISTINCT FROM now.* ORDER BY now.id;
    IF FOUND THEN
        PERFORM pg_notify('hall_change', '');
    END IF;
    RETURN NULL;
END $$;
-- Loading and moving the sample city says nothing: SET LOCAL hall.quiet = 'on'.
CREATE TRIGGER event_written_new AFTER INSERT ON hall.event REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
    WHEN (current_setting('hall.quiet', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION hall.note_new_events();
CREATE TRIGGER event_written_changed AFTER UPDATE ON hall.event REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT
    WHEN (current_setting('hall.quiet', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION hall.note_changed_events();

-- The sample city's people on their way to a task and back: where they are follows from the clock (services.simulation.trips). Whoever has a row
-- here is not moved along the track of the sample.
CREATE TABLE hall.simulated_trip (
    kind      text NOT NULL CHECK (kind IN ('worker', 'vehicle')),
    mover_id  bigint NOT NULL,
    task_id   bigint,                                     -- empty: on the way back
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    route     geometry(LineString, 4326) NOT NULL,
    PRIMARY KEY (kind, mover_id)
);

-- migrate:down
