-- migrate:up
-- Reading a platform's catalogue: asked for by the page of sources, done by the media process, and what came of it.
ALTER TABLE hall.video_source
    ADD sync_asked_at timestamptz,                 -- somebody wants it now
    ADD tried_at      timestamptz,                 -- when the catalogue was last asked for, well or not
    ADD report        jsonb;                       -- of the last one that went well: cameras, new, updated, missing, doubtful, refused

-- migrate:down
