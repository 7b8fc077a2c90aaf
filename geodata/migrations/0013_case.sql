-- migrate:up
-- The life of a case: intake, workflow, proof, replies.
-- Sample cases have ids from 1,000,001, copies of past days below; what is reported from now on starts far above both.
CREATE SEQUENCE hall.event_id START 10000001;
ALTER TABLE hall.event
    ALTER id SET DEFAULT nextval('hall.event_id'),
    ADD standard_id     bigint REFERENCES hall.case_standard ON DELETE SET NULL,
    ADD lead_department bigint REFERENCES hall.department,
    ADD handling_level  text NOT NULL DEFAULT 'district' CHECK (handling_level IN ('grid', 'community', 'street', 'district')),
    ADD precision       text NOT NULL DEFAULT 'point'      -- of the place: distance means nothing from 'area' on
        CHECK (precision IN ('point', 'building', 'address', 'road', 'area', 'district')),
    ADD version         integer NOT NULL DEFAULT 0,        -- counts the acts: who acts names the version that was seen
    ADD paused_at       timestamptz,                       -- the clock stands since then
    ADD resume_state    text,                              -- where a suspended case goes on
    ADD supervised      boolean NOT NULL DEFAULT false,
    ADD extensions      smallint NOT NULL DEFAULT 0,
    ADD returns         smallint NOT NULL DEFAULT 0,
    ADD reworks         smallint NOT NULL DEFAULT 0,
    ADD self_handled    boolean NOT NULL DEFAULT false,    -- 自办自结
    ADD sampled         boolean NOT NULL DEFAULT false,    -- drawn for the check of self-handled cases
    ADD score           smallint CHECK (score BETWEEN 0 AND 100);
ALTER SEQUENCE hall.event_id OWNED BY hall.event.id;
CREATE INDEX event_open_place ON hall.event USING gist (geom) WHERE closed_at IS NULL;
CREATE INDEX event_closed ON hall.event (closed_at) WHERE closed_at IS NOT NULL;
-- Numbers of a day are handed out in blocks: gaps are allowed, waiting for each other is not.
CREATE TABLE hall.case_counter (
    day  date PRIMARY KEY,                                 -- local
    last integer NOT NULL
);

-- Who may do what in which state. A row with an empty `to_state` leaves the state as it is.
CREATE TABLE hall.transition (
    action     text NOT NULL,
    from_state text NOT NULL,
    to_state   text,
    roles      text[] NOT NULL,                            -- of services.rights.Role
    own        boolean NOT NULL DEFAULT false,             -- a worker only for a task of their own, a department only for its own case
    requires   text[] NOT NULL DEFAULT '{}',               -- fields that must come with the act: opinion, standard_id, …
    position   smallint NOT NULL DEFAULT 0,                -- order among the possible acts; the first is the expected one
    PRIMARY KEY (action, from_state)
);

-- Append-only: what happened to a case, numbered from 1 without gaps.
CREATE TABLE hall.case_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   bigint NOT NULL REFERENCES hall.event,
    seq        integer NOT NULL,
    action     text NOT NULL,
    from_state text,
    to_state   text,
    account_id bigint,
    actor      text NOT NULL,                              -- name as it was then
    role       text NOT NULL,
    at         timestamptz NOT NULL,
    opinion    text,
    detail     jsonb NOT NULL DEFAULT '{}',
    UNIQUE (event_id, seq)
);
CREATE FUNCTION hall.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER case_log_append_only BEFORE UPDATE OR DELETE ON hall.case_log FOR EACH ROW EXECUTE FUNCTION hall.refuse_change();

-- What a source sent, word for word. Several records may stand for one case, and each is owed its own reply.
CREATE TABLE hall.source_record (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id       bigint REFERENCES hall.event,           -- empty while a record waits for a person: no place, unknown class
    first_event_id bigint REFERENCES hall.event,           -- the case it came in with, for unmerging
    source         text NOT NULL,
    external_no    text NOT NULL,
    raw            jsonb NOT NULL,
    trouble        text,                                   -- why it became no case by itself
    reporter       text,
    reporter_phone text,
    secret         boolean NOT NULL DEFAULT false,         -- the reporter asked for secrecy
    received_at    timestamptz NOT NULL,
    reply_due_at   timestamptz,                            -- empty: nobody waits for a reply
    replied_at     timestamptz,
    reply          text,
    UNIQUE (source, external_no)
);
CREATE INDEX source_record_event ON hall.source_record (event_id);
CREATE INDEX source_record_due ON hall.source_record (reply_due_at) WHERE replied_at IS NULL AND reply_due_at IS NOT NULL;

-- What a person decided about two cases that may be one.
CREATE TABLE hall.duplicate_decision (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   bigint NOT NULL REFERENCES hall.event,      -- the later case
    master_id  bigint NOT NULL REFERENCES hall.event,
    decision   text NOT NULL CHECK (decision IN ('merged', 'not_same', 'unmerged', 'split')),
    score      real,
    reasons    jsonb NOT NULL DEFAULT '[]',
    account_id bigint,
    actor      text NOT NULL,
    at         timestamptz NOT NULL
);
CREATE INDEX duplicate_decision_event ON hall.duplicate_decision (event_id);

-- Files lie under DATA_DIR/attachments by their digest.
CREATE TABLE hall.attachment (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   bigint REFERENCES hall.event,               -- empty until the report that carries it is filed
    kind       text NOT NULL CHECK (kind IN ('near', 'far', 'before', 'after', 'other')),
    sha256     text NOT NULL,
    media_type text NOT NULL,
    bytes      integer NOT NULL,
    width      integer,
    height     integer,
    taken_at   timestamptz,
    geom       geometry(Point, 4326),
    account_id bigint,
    added_at   timestamptz NOT NULL
);
CREATE INDEX attachment_event ON hall.attachment (event_id);

-- Each responsible department and its own result; one of them leads.
CREATE TABLE hall.case_department (
    event_id      bigint NOT NULL REFERENCES hall.event,
    department_id bigint NOT NULL REFERENCES hall.department,
    lead          boolean NOT NULL,
    result        text,
    finished_at   timestamptz,
    PRIMARY KEY (event_id, department_id)
);
CREATE UNIQUE INDEX case_department_lead ON hall.case_department (event_id) WHERE lead;

DROP VIEW hall.layer_open_events;
DROP VIEW hall.layer_events;
CREATE VIEW hall.layer_events AS
    SELECT e.id, e.grid_code, e.case_no, e.title, e.description, e.class_code, c.name AS class_name, e.major, e.level, e.source, e.state,
           e.closed_at IS NULL AS open, e.reported_at, e.deadline_at, e.step_started_at, e.paused_at, e.closed_at, e.supervised,
           e.handling_level, d.name AS lead_department, e.reporter, e.reporter_phone, e.place_text, e.precision, e.building_id, e.worker_id,
           e.dup_of, e.score, array_to_string(e.flags, ',') AS flags, e.geom
    FROM hall.event e JOIN hall.event_class c ON c.code = e.class_code LEFT JOIN hall.department d ON d.id = e.lead_department;
CREATE VIEW hall.layer_open_events AS SELECT * FROM hall.layer_events WHERE open;

-- migrate:down
