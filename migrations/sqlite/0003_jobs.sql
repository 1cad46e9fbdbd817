-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Work owed after a commit. `jobs` is what is owed, and never changes; `job_state` is how far the
-- work is: operational, rewritten at every lease. What is periodic is a job too: its key names task
-- and instant, so that it is there once whoever queues it.

CREATE TABLE jobs (
    key     TEXT NOT NULL PRIMARY KEY CHECK (key <> ''),
    kind    TEXT NOT NULL CHECK (kind <> ''),
    payload TEXT NOT NULL CHECK (json_valid(payload)),
    due_at  TEXT NOT NULL CHECK (length(due_at) = 27),
    stream  TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_stream ON jobs (stream);

-- No foreign key to jobs: both rows come from one statement, and the check would cost a query a
-- job. `verify` finds a job without a state.
-- next_at: not to be taken before this instant. For an available job it is when it is due or to
-- be retried; for a running one it is the end of the lease, after which anyone may take it again.
CREATE TABLE job_state (
    key         TEXT   NOT NULL PRIMARY KEY CHECK (key <> ''),
    state       TEXT   NOT NULL CHECK (state IN ('available', 'running', 'done', 'dead')),
    attempts    INTEGER NOT NULL CHECK (attempts >= 0),
    next_at     TEXT   NOT NULL CHECK (length(next_at) = 27),
    leased_by   TEXT   NULL,
    last_error  TEXT   NULL,
    note        TEXT   NULL,
    finished_at TEXT   NULL CHECK (length(finished_at) = 27),
    CONSTRAINT job_state_leased CHECK ((leased_by IS NOT NULL) = (state = 'running')),
    CONSTRAINT job_state_finished CHECK ((finished_at IS NOT NULL) = (state IN ('done', 'dead')))
) STRICT;
CREATE INDEX job_state_next ON job_state (next_at) WHERE state IN ('available', 'running');
CREATE INDEX job_state_dead ON job_state (state, key) WHERE state = 'dead';

CREATE TRIGGER jobs_no_update BEFORE UPDATE ON jobs
BEGIN SELECT RAISE(ABORT, 'jobs: registro di sola aggiunta, la modifica è rifiutata'); END;
CREATE TRIGGER jobs_no_delete BEFORE DELETE ON jobs
BEGIN SELECT RAISE(ABORT, 'jobs: registro di sola aggiunta, la cancellazione è rifiutata'); END;
