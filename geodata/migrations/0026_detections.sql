-- migrate:up
-- An analyser that goes on seeing the same thing says so again and again: one row asks a person, the repetitions are counted and kept by number.
ALTER TABLE hall.detection
    ADD repeats    integer NOT NULL DEFAULT 0,
    ADD last_at    timestamptz,                    -- of the last repetition; null: there was none
    ADD cleared_at timestamptz;                    -- the analyser sees it no longer
CREATE TABLE hall.detection_repeat (
    analyser       text NOT NULL,
    external_no    text NOT NULL,
    detection_id   bigint NOT NULL REFERENCES hall.detection ON DELETE CASCADE,
    at             timestamptz NOT NULL,
    PRIMARY KEY (analyser, external_no)
);
CREATE INDEX detection_repeat_of ON hall.detection_repeat (detection_id);
-- services.counting: old counts go
CREATE INDEX camera_count_at ON hall.camera_count USING brin (at);

-- migrate:down
