-- migrate:up
-- The event dictionary (事件分类, 立案标准), who is responsible, and working time. Project definitions on CJ/T 214-2007 and KF-26.
CREATE TABLE hall.event_sub_class (
    code  text PRIMARY KEY,
    name  text NOT NULL,
    major text NOT NULL                           -- as hall.event_class.major
);
ALTER TABLE hall.event_class
    ADD sub_code      text REFERENCES hall.event_sub_class,
    ADD kind          text NOT NULL DEFAULT 'event' CHECK (kind IN ('event', 'part')),
    ADD kind_group    text NOT NULL DEFAULT '',   -- classes of one group may be the same thing seen by two people: services.duplicates
    ADD default_level smallint NOT NULL DEFAULT 0 CHECK (default_level BETWEEN 0 AND 4),
    ADD enabled       boolean NOT NULL DEFAULT true;

-- A case is filed under one condition, which gives it its limit and says when it is done.
CREATE TABLE hall.case_standard (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    class_code  text NOT NULL REFERENCES hall.event_class ON DELETE CASCADE,
    position    smallint NOT NULL,
    condition   text NOT NULL,                    -- 立案条件
    limit_value numeric NOT NULL CHECK (limit_value > 0),
    limit_unit  text NOT NULL CHECK (limit_unit IN ('urgent_hour', 'work_hour', 'work_day', 'natural_day')),
    closing     text NOT NULL,                    -- 结案条件
    enabled     boolean NOT NULL DEFAULT true,
    UNIQUE (class_code, position)
);

CREATE TABLE hall.department (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code    text NOT NULL UNIQUE,
    name    text NOT NULL,
    kind    text NOT NULL,                        -- bureau | street | community | company
    scope   text NOT NULL DEFAULT '',             -- area code prefix it answers for
    phone   text,
    enabled boolean NOT NULL DEFAULT true
);
-- The most specific rule counts: longest subject (class before sub-class before major), then longest area.
CREATE TABLE hall.duty_rule (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject         text NOT NULL,                -- class code, sub-class code or major
    area            text NOT NULL DEFAULT '',     -- area code prefix
    lead_department bigint NOT NULL REFERENCES hall.department,
    co_departments  bigint[] NOT NULL DEFAULT '{}',
    UNIQUE (subject, area)
);
-- Days that differ from the calendar of public holidays; the hours of a working day are the fact 'working_time'.
CREATE TABLE hall.work_day (
    day     date PRIMARY KEY,
    working boolean NOT NULL,
    note    text
);
-- Whom an account stands for. No foreign keys: emptying the sample city's tables must not empty the accounts.
ALTER TABLE hall.account ADD department_id bigint, ADD worker_id bigint;

-- migrate:down
