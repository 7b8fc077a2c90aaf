-- migrate:up
-- Who was sent where, what was told to whom, and which roads are closed.
CREATE TABLE hall.task (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id        bigint NOT NULL REFERENCES hall.event,
    kind            text NOT NULL CHECK (kind IN ('worker', 'vehicle')),
    worker_id       bigint REFERENCES hall.worker,
    vehicle_id      bigint REFERENCES hall.vehicle,
    lead            boolean NOT NULL DEFAULT true,
    order_text      text NOT NULL DEFAULT '',
    state           text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'accepted', 'on_site', 'done', 'declined', 'cancelled')),
    sent_at         timestamptz NOT NULL,
    sent_by         bigint,
    delivered_at    timestamptz,                           -- the receipt of this receiver
    accepted_at     timestamptz,
    arrived_at      timestamptz,
    finished_at     timestamptz,
    result          text,
    rank            smallint,                              -- in the list that was shown; over 1 needs a reason
    override_reason text,
    engine          text,
    distance_m      real,                                  -- by road
    raw_s           real,                                  -- travel time of the engine
    predicted_s     real,                                  -- corrected by what was learned
    CHECK ((kind = 'worker') = (worker_id IS NOT NULL) AND (kind = 'vehicle') = (vehicle_id IS NOT NULL))
);
CREATE INDEX task_event ON hall.task (event_id);
CREATE INDEX task_worker ON hall.task (worker_id) WHERE finished_at IS NULL;
CREATE INDEX task_vehicle ON hall.task (vehicle_id) WHERE finished_at IS NULL;
-- services.eta: the journeys of the last days
CREATE INDEX task_arrived ON hall.task (arrived_at) WHERE arrived_at IS NOT NULL;
CREATE UNIQUE INDEX task_once_worker ON hall.task (event_id, worker_id) WHERE state IN ('sent', 'accepted', 'on_site');
CREATE UNIQUE INDEX task_once_vehicle ON hall.task (event_id, vehicle_id) WHERE state IN ('sent', 'accepted', 'on_site');

-- Messages are written in the transaction of the act that causes them, and sent afterwards until they arrive.
CREATE TABLE hall.outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel     text NOT NULL CHECK (channel IN ('sms', 'webhook')),
    recipient   text NOT NULL,
    body        jsonb NOT NULL,
    event_id    bigint,
    task_id     bigint,
    created_at  timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    tries       smallint NOT NULL DEFAULT 0,
    sent_at     timestamptz,
    error       text
);
CREATE INDEX outbox_waiting ON hall.outbox (next_try_at) WHERE sent_at IS NULL;

CREATE TABLE hall.road_closure (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edge_id    bigint NOT NULL,                            -- hall.road_edge; an import of the map may take it away
    reason     text NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz,
    account_id bigint
);
CREATE INDEX road_closure_edge ON hall.road_closure (edge_id);

-- Row changes for /live and for whoever missed them. Rows of the last day are kept.
CREATE TABLE hall.change (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    layer     text NOT NULL,
    row_id    bigint NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('insert', 'update', 'delete')),
    grid_code text NOT NULL
);
CREATE INDEX change_at ON hall.change (at);
CREATE FUNCTION hall.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    INSERT INTO hall.change (layer, row_id, kind, grid_code) VALUES (TG_ARGV[0], NEW.id, lower(TG_OP), NEW.grid_code) RETURNING id INTO number;
    PERFORM pg_notify('hall_change', number::text);
    RETURN NULL;
END $$;
-- Loading and moving the sample city says nothing: SET LOCAL hall.quiet = 'on'.
CREATE TRIGGER event_inserted AFTER INSERT ON hall.event FOR EACH ROW
    WHEN (current_setting('hall.quiet', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION hall.note_change('open_events');
CREATE TRIGGER event_changed AFTER UPDATE ON hall.event FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.* AND current_setting('hall.quiet', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION hall.note_change('open_events');

-- migrate:down
