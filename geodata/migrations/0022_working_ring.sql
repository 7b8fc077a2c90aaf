-- migrate:up
-- Which clock the present step of an open case runs on, as services.case_clock has it: the ring of its pin counts working time where its limit does.
DROP VIEW hall.layer_open_events;
CREATE VIEW hall.layer_open_events AS
    SELECT v.*,
           coalesce(CASE WHEN step.name = 'handling' THEN s.limit_unit END,
                    (SELECT value FROM hall.fact WHERE key = 'case_steps') -> 'limits' -> step.name ->> 1,
                    CASE step.name WHEN 'reported' THEN 'urgent_hour' WHEN 'filed' THEN 'urgent_hour' WHEN 'checking' THEN 'work_hour'
                                   ELSE 'work_day' END) IN ('work_hour', 'work_day') AS working
    FROM hall.layer_events v
    JOIN hall.event e ON e.id = v.id
    CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(e.resume_state, e.state) IN ('dispatched', 'handling') THEN 'handling'
                                    ELSE coalesce(e.resume_state, e.state) END AS name) AS step
    LEFT JOIN hall.case_standard s ON s.id = e.standard_id
    WHERE v.open;

-- migrate:down
