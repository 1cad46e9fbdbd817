-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Beside the record: who signed in, what was done to accounts, jobs and mail (Garante 27.11.2008,
-- accesses of system administrators: complete, unchangeable, kept at least six months). Rows are
-- never changed; after the time the Comune decides they may be removed.

CREATE TABLE activity (
    n       INTEGER PRIMARY KEY CHECK (n > 0),
    at      TEXT NOT NULL CHECK (length(at) = 27),
    actor   TEXT NOT NULL,
    what    TEXT NOT NULL CHECK (what <> ''),
    about   TEXT NOT NULL,
    detail  TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;
CREATE TRIGGER activity_no_update BEFORE UPDATE ON activity
BEGIN SELECT RAISE(ABORT, 'activity: registro di sola aggiunta, la modifica è rifiutata'); END;

-- Closed by an administrator until he opens it again; a lock after wrong passwords opens by itself.
ALTER TABLE accounts ADD COLUMN suspended_at TEXT NULL CHECK (length(suspended_at) = 27);
