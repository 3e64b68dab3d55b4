-- +goose Up
CREATE TABLE tasks (
    id         uuid        PRIMARY KEY,
    title      text        NOT NULL CHECK (title <> ''),
    notes      text        NOT NULL DEFAULT '',
    status     text        NOT NULL CHECK (status IN ('open', 'done')),
    version    bigint      NOT NULL CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Serves lists that are filtered by status and ordered by id.
CREATE INDEX tasks_status_id ON tasks (status, id);

-- +goose Down
DROP TABLE tasks;
