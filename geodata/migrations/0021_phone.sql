-- migrate:up
-- Positions that the phones of workers send. Nobody's is taken without consent, and not a minute from before it was given.
CREATE TABLE hall.position_consent (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker_id    bigint NOT NULL,                        -- no foreign key: consents outlive the tables of the sample city
    account_id   bigint NOT NULL,
    given_at     timestamptz NOT NULL,
    withdrawn_at timestamptz
);
-- services.positions: the consent that holds now
CREATE UNIQUE INDEX position_consent_now ON hall.position_consent (worker_id) WHERE withdrawn_at IS NULL;
-- How exact the phone says it is: a point of 300 m says less about a street than one of 5 m.
ALTER TABLE hall.worker_position ADD accuracy_m real;
ALTER TABLE hall.track_point ADD accuracy_m real;

-- migrate:down
