-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the pages need beside the record: the desks (a projection of the events, compared by
-- `delibera verify`), accounts and sessions, documents shown to their signer and not signed yet.

CREATE TABLE tasks (
    stream   TEXT    NOT NULL CHECK (stream <> ''),
    slot     INTEGER NOT NULL CHECK (slot >= 0),
    holder   TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    about    TEXT    NOT NULL,
    deadline TEXT    NULL CHECK (length(deadline) = 10),
    PRIMARY KEY (stream, slot)
) STRICT;
-- A desk reads its holders in order of deadline; 9999 stands for none.
CREATE INDEX tasks_desk ON tasks (holder, COALESCE(deadline, '9999'), stream) WHERE holder <> '';

-- locked_until: after too many wrong passwords. totp: the secret of the second factor, once
-- confirmed; totp_step: the last time step used, so that a code is good once.
CREATE TABLE accounts (
    person       TEXT    NOT NULL PRIMARY KEY CHECK (person <> ''),
    login        TEXT    NOT NULL UNIQUE CHECK (login <> ''),
    password     TEXT    NOT NULL,
    totp         TEXT    NULL,
    totp_step    INTEGER NOT NULL,
    failures     INTEGER NOT NULL CHECK (failures >= 0),
    locked_until TEXT    NULL CHECK (length(locked_until) = 27),
    created_at   TEXT    NOT NULL CHECK (length(created_at) = 27)
) STRICT;

-- id is the SHA-256 of what the cookie holds: who reads the table cannot sign in with it.
CREATE TABLE sessions (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    person     TEXT NOT NULL CHECK (person <> ''),
    agent      TEXT NOT NULL,
    address    TEXT NOT NULL,
    notice     TEXT NOT NULL,
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    seen_at    TEXT NOT NULL CHECK (length(seen_at) = 27),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27)
) STRICT;
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE account_links (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    person     TEXT NOT NULL CHECK (person <> ''),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27)
) STRICT;

CREATE TABLE prepared (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    person     TEXT NOT NULL CHECK (person <> ''),
    command    TEXT NOT NULL CHECK (json_valid(command)),
    facts      TEXT NOT NULL CHECK (json_valid(facts)),
    sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
    bytes      BLOB NOT NULL,
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27)
) STRICT;
CREATE INDEX prepared_expires ON prepared (expires_at);

-- The list of acts, newest first, and the numbers people look for.
CREATE INDEX cases_proposal ON cases (proposal_year, proposal_number) WHERE proposal_number IS NOT NULL;
CREATE INDEX cases_act ON cases (act_year, act_number) WHERE act_number IS NOT NULL;
CREATE INDEX cases_posted ON cases (posted_on, id) WHERE posted_on IS NOT NULL;
CREATE INDEX sittings_date ON sittings (date, id);
