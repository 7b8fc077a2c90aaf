-- migrate:up
-- Figures of the catalogue of indicators in geodata/indicators, one for an area and a period of the indicator's own cycle.
CREATE TABLE hall.indicator_value (
    code text NOT NULL,
    area text NOT NULL CHECK (area ~ '^[0-9]{6,15}$'),
    period timestamptz NOT NULL,
    value double precision,
    quality text NOT NULL CHECK (quality IN ('own', 'external')),
    data_time timestamptz NOT NULL,
    account_id bigint REFERENCES hall.account (id) ON DELETE SET NULL,
    PRIMARY KEY (code, area, period)
);
COMMENT ON COLUMN hall.indicator_value.period IS 'The instant at which the period begins in China time.';
COMMENT ON COLUMN hall.indicator_value.value IS 'NULL: nothing happened of which a share or an average could be made.';
COMMENT ON COLUMN hall.indicator_value.account_id IS 'Who handed it in, of external figures.';

-- How the last calculation of each own indicator went.
CREATE TABLE hall.indicator_run (
    code text PRIMARY KEY,
    tried_at timestamptz NOT NULL,
    computed_at timestamptz,
    whole_at timestamptz,
    failed_at timestamptz,
    error text
);
COMMENT ON COLUMN hall.indicator_run.computed_at IS 'The last one that worked.';
COMMENT ON COLUMN hall.indicator_run.whole_at IS 'The last one over all of history.';

CREATE TABLE hall.indicator_warning (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    area text NOT NULL,
    level text NOT NULL CHECK (level IN ('yellow', 'red')),
    rule text NOT NULL CHECK (rule IN ('threshold', 'yoy', 'mom', 'sigma')),
    value double precision NOT NULL,
    reference double precision,
    period timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'handled', 'closed')),
    receiver text NOT NULL,
    department text,
    raised_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    closed_at timestamptz,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
-- services.indicators.warnings: one that is not closed for an indicator and area
CREATE UNIQUE INDEX indicator_warning_one ON hall.indicator_warning (code, area) WHERE state <> 'closed';
-- services.indicators.warnings.listed
CREATE INDEX indicator_warning_changed ON hall.indicator_warning (changed_at);
COMMENT ON COLUMN hall.indicator_warning.reference IS 'The limit that was passed, or the figure it was compared with.';

CREATE TABLE hall.indicator_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warning_id bigint NOT NULL REFERENCES hall.indicator_warning (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    action text NOT NULL CHECK (action IN ('raise', 'rise', 'ease', 'acknowledge', 'handle', 'close')),
    level text NOT NULL,
    value double precision,
    account_id bigint REFERENCES hall.account (id) ON DELETE SET NULL,
    actor text NOT NULL,
    note text
);
-- services.indicators.warnings.one
CREATE INDEX indicator_step_warning ON hall.indicator_step (warning_id);

-- migrate:down
DROP TABLE hall.indicator_step, hall.indicator_warning, hall.indicator_run, hall.indicator_value;
