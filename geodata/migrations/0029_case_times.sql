-- migrate:up
-- When a case passed each step of its present run, and when it had to: what the evaluation of departments and posts counts. A step that was
-- taken back is empty again; a deadline is that of the last time the step was left.
ALTER TABLE hall.event
    ADD accepted_at     timestamptz,   -- 受理
    ADD verify_sent_at  timestamptz,   -- 核实 asked for
    ADD verified_at     timestamptz,   -- 核实 done, before filing
    ADD filed_at        timestamptz,   -- 立案
    ADD dispatched_at   timestamptz,   -- 派遣
    ADD handled_at      timestamptz,   -- 处置 fed back, or solved by the finder
    ADD check_sent_at   timestamptz,   -- 核查 asked for
    ADD checked_at      timestamptz,   -- 核查 done, after handling
    ADD file_due_at     timestamptz,
    ADD dispatch_due_at timestamptz,
    ADD handle_due_at   timestamptz,
    ADD check_due_at    timestamptz;
-- services.performance: the cases of one department in a period.
CREATE INDEX event_lead_department ON hall.event (lead_department, reported_at) WHERE lead_department IS NOT NULL;

-- migrate:down
