-- migrate:up
-- Briefs (简报): which kinds there are comes from geodata/briefs and from own files; here stands whether a kind is written at present.
CREATE TABLE hall.brief_type (
    code        text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]{1,40}$'),
    definition  jsonb NOT NULL,                    -- as services.briefs.catalogue reads it
    enabled     boolean NOT NULL DEFAULT true,
    position    smallint NOT NULL DEFAULT 0,
    loaded_at   timestamptz NOT NULL
);

-- One issue of a kind for one area and one period. `content` is all that page and files are drawn from: it never changes once approved.
CREATE TABLE hall.brief (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type_code     text NOT NULL REFERENCES hall.brief_type,
    area_code     text NOT NULL,                   -- all figures are of this area: whose scope does not hold it does not read it
    period_key    text NOT NULL,                   -- 2026-11-22, 2026-W47, 2026-11, 2026-Q4, event:123, mode:4, 2026-11-01..2026-11-08
    period_start  timestamptz NOT NULL,
    period_end    timestamptz NOT NULL CHECK (period_end > period_start),
    year          smallint NOT NULL,               -- in China, of the beginning: issues are numbered within it
    issue         integer NOT NULL CHECK (issue > 0),
    title         text NOT NULL,
    label         text NOT NULL,                   -- the period as China writes it
    event_id      bigint,
    parameters    jsonb NOT NULL DEFAULT '{}',
    state         text NOT NULL DEFAULT 'making' CHECK (state IN ('making', 'draft', 'approved', 'sent')),
    asked_by      bigint REFERENCES hall.account ON DELETE SET NULL,  -- null: the schedule or an event
    asked_at      timestamptz NOT NULL,
    data_at       timestamptz,                     -- all figures are of one snapshot of this instant
    content       jsonb,
    troubles      jsonb NOT NULL DEFAULT '[]',     -- sections without figures: what, since when
    failure       text,                            -- it could not be made or drawn; tried again from `retry_at` on
    retry_at      timestamptz,
    rendered_at   timestamptz,                     -- null: the files wait to be drawn
    approved_by   bigint REFERENCES hall.account ON DELETE SET NULL,
    approved_name text,
    approved_at   timestamptz,
    remark        text,
    sent_by       bigint REFERENCES hall.account ON DELETE SET NULL,
    sent_name     text,
    sent_at       timestamptz,
    version       integer NOT NULL DEFAULT 0,
    UNIQUE (type_code, area_code, period_key),
    UNIQUE (type_code, area_code, year, issue),
    CHECK ((state IN ('approved', 'sent')) = (approved_at IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK (state = 'making' OR content IS NOT NULL)
);
CREATE INDEX brief_newest ON hall.brief (period_end DESC, id DESC);
CREATE INDEX brief_waiting ON hall.brief (asked_at) WHERE state = 'making';
CREATE INDEX brief_unrendered ON hall.brief (id) WHERE rendered_at IS NULL AND state <> 'making';

-- Who was sent an issue, and when it was read first
CREATE TABLE hall.brief_receipt (
    brief_id   bigint NOT NULL REFERENCES hall.brief ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES hall.account ON DELETE CASCADE,
    sent_at    timestamptz NOT NULL,
    read_at    timestamptz,
    PRIMARY KEY (brief_id, account_id)
);
CREATE INDEX brief_receipt_unread ON hall.brief_receipt (account_id) WHERE read_at IS NULL;

-- Queries that fail say since when: across briefs and across restarts
CREATE TABLE hall.brief_query (
    name         text PRIMARY KEY,
    failed_since timestamptz,
    error        text,
    succeeded_at timestamptz
);

-- The cases that a brief counts: neither void nor merged, of one area and, where asked for, of some classes, sources and levels.
-- One SELECT without volatile parts: the planner takes it apart and uses the indexes of hall.event.
CREATE FUNCTION hall.brief_cases(area text, majors text[], subs text[], groups text[], classes text[], sources text[], levels smallint[])
RETURNS TABLE (
    id bigint, case_no text, class_code text, class_name text, sub_code text, kind_group text, major text, level smallint, source text,
    state text, reported_at timestamptz, deadline_at timestamptz, closed_at timestamptz, paused_at timestamptz, place_text text,
    building_id bigint, grid_code text, lead_department bigint, supervised boolean, returns smallint, reworks smallint, extensions smallint,
    self_handled boolean, located text, geom geometry(Point, 4326)
) LANGUAGE sql STABLE AS $$
    SELECT e.id, e.case_no, e.class_code, k.name, k.sub_code, k.kind_group, e.major, e.level, e.source, e.state, e.reported_at, e.deadline_at,
           e.closed_at, e.paused_at, e.place_text, e.building_id, e.grid_code, e.lead_department, e.supervised, e.returns, e.reworks,
           e.extensions, e.self_handled, e.precision, e.geom
    FROM hall.event e JOIN hall.event_class k ON k.code = e.class_code
    WHERE e.state NOT IN ('void', 'merged') AND starts_with(e.grid_code, area)
      AND (majors IS NULL OR e.major = ANY (majors)) AND (subs IS NULL OR k.sub_code = ANY (subs))
      AND (groups IS NULL OR k.kind_group = ANY (groups)) AND (classes IS NULL OR e.class_code = ANY (classes))
      AND (sources IS NULL OR e.source = ANY (sources)) AND (levels IS NULL OR e.level = ANY (levels))
$$;

-- migrate:down
