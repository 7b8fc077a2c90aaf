-- migrate:up
-- The hall schema, the extensions it needs, and the revision counter that every cache key and ETag carries.
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE SCHEMA hall;

-- One row per layer; bumped by trigger when rows behind the layer change.
CREATE TABLE hall.layer_revision (
    layer      text PRIMARY KEY,
    revision   bigint      NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- Statement trigger: CREATE TRIGGER … EXECUTE FUNCTION hall.touch_layers('cameras', 'events')
CREATE FUNCTION hall.touch_layers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY tg_argv LOOP
        INSERT INTO hall.layer_revision AS r (layer) VALUES (name)
        ON CONFLICT (layer) DO UPDATE SET revision = r.revision + 1, changed_at = now();
        PERFORM pg_notify('layer_changed', name);
    END LOOP;
    RETURN NULL;
END $$;

-- Facts about what is installed: where the data came from, when the sample city was made, with which scale and seed.
CREATE TABLE hall.fact (
    key        text PRIMARY KEY,
    value      jsonb       NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- migrate:down
