-- +goose Up
CREATE TABLE idempotency_keys (
    id          text        PRIMARY KEY,
    fingerprint text        NOT NULL,
    owner       text        NOT NULL,
    response    bytea,                -- NULL while the first request is being worked on
    expires_at  timestamptz NOT NULL  -- the end of the lease, and then of the retention
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

-- +goose Down
DROP TABLE idempotency_keys;
