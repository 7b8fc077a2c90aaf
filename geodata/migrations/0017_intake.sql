-- migrate:up
-- Channels through which reports come, and by when each is owed a reply. Empty limit: nobody waits for one.
CREATE TABLE hall.intake_channel (
    source      text PRIMARY KEY,                          -- as hall.event.source
    reply_value numeric CHECK (reply_value > 0),
    reply_unit  text CHECK (reply_unit IN ('urgent_hour', 'work_hour', 'work_day', 'natural_day')),
    webhook     text,                                      -- address that takes the reply; empty: a person tells the reporter
    CHECK ((reply_value IS NULL) = (reply_unit IS NULL))
);
INSERT INTO hall.intake_channel (source, reply_value, reply_unit) VALUES
    ('grid_self', NULL, NULL), ('grid_patrol', NULL, NULL), ('sensor', NULL, NULL), ('video_ai', NULL, NULL), ('census', NULL, NULL),
    ('city_dcm', 2, 'work_day'), ('hotline12345', 5, 'work_day'), ('hotline_cg', 3, 'work_day'), ('leader', 1, 'work_day'),
    ('dept_transfer', 3, 'work_day'), ('citizen', 3, 'work_day'), ('citizen_wechat', 3, 'work_day'), ('citizen_app', 3, 'work_day'),
    ('other', NULL, NULL);

ALTER TABLE hall.source_record
    ADD account_id bigint,                                 -- who handed it in; a citizen sees their own
    ADD report     jsonb NOT NULL DEFAULT '{}',            -- what was understood of it, for the person who completes it
    ADD grid_code  text NOT NULL DEFAULT '',               -- area as far as it is known: scope of a record that waits
    ADD replied_by text;
-- services.replies: records that wait for a person, by arrival
CREATE INDEX source_record_waiting ON hall.source_record (received_at) WHERE event_id IS NULL;
CREATE INDEX source_record_received ON hall.source_record (received_at);
-- services.duplicates: open cases whose place is known to an area only
CREATE INDEX event_open_vague ON hall.event (reported_at) WHERE closed_at IS NULL AND precision IN ('area', 'district');

-- migrate:down
