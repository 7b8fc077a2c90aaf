-- migrate:up
-- The closed loop: what else the acts need. The table of transitions is filled from geodata/workflow/transitions.csv while it is empty.
ALTER TABLE hall.transition ADD conditions text[] NOT NULL DEFAULT '{}';    -- of the case or the caller, by name: services.workflow
COMMENT ON COLUMN hall.transition.to_state IS 'empty: the state stays; before: the state that the case had before it was suspended or merged';

-- A phone or a desk that got no answer sends the same act again, with the same mark.
CREATE UNIQUE INDEX case_log_client ON hall.case_log (event_id, account_id, (detail ->> 'client_id')) WHERE detail ? 'client_id';

ALTER TABLE hall.task
    ADD purpose text NOT NULL DEFAULT 'handle' CHECK (purpose IN ('verify', 'handle', 'check')),    -- what the receiver is sent for
    ADD passed  boolean;                                                                            -- of verify and check: what was found
-- Receipts of phones: the act of a task that was answered once is not done again.
CREATE TABLE hall.task_receipt (
    task_id   bigint NOT NULL REFERENCES hall.task ON DELETE CASCADE,
    client_id text NOT NULL,
    action    text NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (task_id, client_id)
);
-- services.tasks: what a worker did lately
CREATE INDEX task_finished ON hall.task (worker_id, finished_at) WHERE finished_at IS NOT NULL;

-- Limits of the steps that have no filing standard, and the share of self-handled cases that is drawn for a check.
INSERT INTO hall.fact (key, value) VALUES ('case_steps', '{
    "limits": {"reported": [0.5, "urgent_hour"], "filed": [0.5, "urgent_hour"], "handling": [1, "work_day"], "checking": [4, "work_hour"]},
    "sample_share": 0.05
}') ON CONFLICT (key) DO NOTHING;

-- migrate:down
