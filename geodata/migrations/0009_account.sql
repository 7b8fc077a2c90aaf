-- migrate:up
-- Who may read what: accounts, tokens for programs, and the audit trail.
CREATE TABLE hall.account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text NOT NULL UNIQUE CHECK (username ~ '^[a-z][a-z0-9_]{2,31}$'),
    display_name  text NOT NULL,
    role          text NOT NULL CHECK (role IN ('leader', 'dispatcher', 'acceptor', 'shift_leader', 'department', 'worker', 'wall',
                                                'citizen', 'system_admin', 'security_admin', 'audit_admin')),
    scope         text NOT NULL CHECK (scope ~ '^[0-9]{0,15}$'),       -- area code prefix; empty = everything
    password_hash text,                                                -- argon2id; null: no sign-in by form
    epoch         integer NOT NULL DEFAULT 1,                          -- raised to end every session of the account
    active        boolean NOT NULL DEFAULT true,
    failures      smallint NOT NULL DEFAULT 0,
    locked_until  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_seen_at  timestamptz
);
CREATE FUNCTION hall.account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('account_changed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER account_changed AFTER INSERT OR UPDATE OF role, scope, epoch, active OR DELETE ON hall.account
    FOR EACH STATEMENT EXECUTE FUNCTION hall.account_changed();

CREATE TABLE hall.token (
    digest     bytea PRIMARY KEY,                 -- SHA-256 of the token: the token itself is never stored
    account_id bigint NOT NULL REFERENCES hall.account ON DELETE CASCADE,
    note       text NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER token_changed AFTER INSERT OR UPDATE OR DELETE ON hall.token
    FOR EACH STATEMENT EXECUTE FUNCTION hall.account_changed();

-- Sessions that their owner ended. A signed cookie cannot be called back, so it is refused until it would have expired.
CREATE TABLE hall.ended_session (
    id      text PRIMARY KEY,
    ends_at timestamptz NOT NULL
);
CREATE TRIGGER ended_session_changed AFTER INSERT ON hall.ended_session
    FOR EACH STATEMENT EXECUTE FUNCTION hall.account_changed();

-- Append-only: who did what to which object, why, and whether it was allowed.
CREATE TABLE hall.audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    account_id bigint,
    username   text,
    role       text,
    address    inet,
    action     text NOT NULL,                     -- sign_in | sign_out | unmask | export | account_create …
    object     text NOT NULL,                     -- e.g. people/123
    success    boolean NOT NULL,
    reason     text,
    detail     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_at ON hall.audit (at);
CREATE FUNCTION hall.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'hall.audit is append-only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hall.audit
    FOR EACH STATEMENT EXECUTE FUNCTION hall.audit_is_append_only();

-- migrate:down
