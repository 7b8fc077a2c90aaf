-- migrate:up
-- The screens of the hall: what they show, how they are, and whether the hall is in peace or in an emergency (平战).
CREATE TABLE hall.screen_programme (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    steps      jsonb NOT NULL,                             -- [{"scene": "overview", "seconds": 60}, …] in their order
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT ''
);
INSERT INTO hall.screen_programme (name, steps) VALUES
    ('日常', '[{"scene": "overview", "seconds": 60}, {"scene": "events", "seconds": 60}, {"scene": "grids", "seconds": 60}, {"scene": "hotspots", "seconds": 60},
               {"scene": "video", "seconds": 60}, {"scene": "force", "seconds": 60}, {"scene": "sensing", "seconds": 60}]');

CREATE TABLE hall.screen (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL UNIQUE,                     -- as in /wall?screen=
    title        text NOT NULL,
    size         text,                                     -- 1920x1080 …; empty: what the browser says
    wall_width_m real CHECK (wall_width_m > 0),            -- of the wall itself, and how far its viewers stand: type is sized by them
    distance_m   real CHECK (distance_m > 0),
    programme_id bigint NOT NULL REFERENCES hall.screen_programme,
    scene        text,                                     -- pinned to this scene; empty: as the programme says
    paused       boolean NOT NULL DEFAULT false,
    look         text NOT NULL DEFAULT 'follow' CHECK (look IN ('follow', 'peace')),   -- whether an emergency takes its zone of this screen
    reload       integer NOT NULL DEFAULT 0,               -- raised by whoever wants the page to be loaded anew
    changed_at   timestamptz NOT NULL DEFAULT now(),
    changed_by   text NOT NULL DEFAULT ''
);

-- The last sign of life of each browser that shows a screen. Names without a row above are screens that nobody has entered yet.
CREATE TABLE hall.screen_heartbeat (
    name       text NOT NULL,
    client     text NOT NULL,
    at         timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    width      integer NOT NULL,
    height     integer NOT NULL,
    scene      text NOT NULL,
    look       text NOT NULL,
    heap_mb    real,
    nodes      integer,
    sockets    integer,
    faults     integer NOT NULL DEFAULT 0,                 -- script errors since its start
    stale      text[] NOT NULL DEFAULT '{}',               -- panels without fresh figures
    PRIMARY KEY (name, client)
);

-- Emergencies (战时): begun and ended by a person. At most one lasts.
CREATE TABLE hall.hall_mode (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   bigint NOT NULL REFERENCES hall.event,
    reason     text NOT NULL,
    started_at timestamptz NOT NULL,
    started_by text NOT NULL,
    ended_at   timestamptz,
    ended_by   text,
    report     jsonb                                       -- what happened in between; written when it ends
);
CREATE UNIQUE INDEX hall_mode_lasting ON hall.hall_mode ((true)) WHERE ended_at IS NULL;

-- Ⅰ cases that somebody has acknowledged for the walls.
CREATE TABLE hall.wall_acknowledgement (
    event_id bigint PRIMARY KEY REFERENCES hall.event,
    at       timestamptz NOT NULL,
    by_name  text NOT NULL
);

-- migrate:down
