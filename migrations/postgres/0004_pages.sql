-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the pages need beside the record: the desks (a projection of the events, compared by
-- `delibera verify`), accounts and sessions, documents shown to their signer and not signed yet.

CREATE TABLE tasks (
    stream   TEXT    COLLATE "C" NOT NULL CHECK (stream <> ''),
    slot     BIGINT NOT NULL CHECK (slot >= 0),
    holder   TEXT    COLLATE "C" NOT NULL,
    what     TEXT    COLLATE "C" NOT NULL,
    about    TEXT    COLLATE "C" NOT NULL,
    deadline TEXT    COLLATE "C" NULL CHECK (length(deadline) = 10),
    PRIMARY KEY (stream, slot)
);
-- A desk reads its holders in order of deadline; 9999 stands for none.
CREATE INDEX tasks_desk ON tasks (holder, COALESCE(deadline, '9999'), stream) WHERE holder <> '';

-- locked_until: after too many wrong passwords. totp: the secret of the second factor, once
-- confirmed; totp_step: the last time step used, so that a code is good once.
CREATE TABLE accounts (
    person       TEXT    COLLATE "C" NOT NULL PRIMARY KEY CHECK (person <> ''),
    login        TEXT    COLLATE "C" NOT NULL UNIQUE CHECK (login <> ''),
    password     TEXT    COLLATE "C" NOT NULL,
    totp         TEXT    COLLATE "C" NULL,
    totp_step    BIGINT NOT NULL,
    failures     BIGINT NOT NULL CHECK (failures >= 0),
    locked_until TEXT    COLLATE "C" NULL CHECK (length(locked_until) = 27),
    created_at   TEXT    COLLATE "C" NOT NULL CHECK (length(created_at) = 27)
);

-- id is the SHA-256 of what the cookie holds: who reads the table cannot sign in with it.
CREATE TABLE sessions (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    person     TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    agent      TEXT COLLATE "C" NOT NULL,
    address    TEXT COLLATE "C" NOT NULL,
    notice     TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL CHECK (length(created_at) = 27),
    seen_at    TEXT COLLATE "C" NOT NULL CHECK (length(seen_at) = 27),
    expires_at TEXT COLLATE "C" NOT NULL CHECK (length(expires_at) = 27)
);
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE account_links (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    person     TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    expires_at TEXT COLLATE "C" NOT NULL CHECK (length(expires_at) = 27)
);

CREATE TABLE prepared (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    person     TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    command    TEXT COLLATE "C" NOT NULL CHECK (CAST(command AS JSON) IS NOT NULL),
    facts      TEXT COLLATE "C" NOT NULL CHECK (CAST(facts AS JSON) IS NOT NULL),
    sha256     TEXT COLLATE "C" NOT NULL CHECK (length(sha256) = 64),
    bytes      BYTEA NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL CHECK (length(expires_at) = 27)
);
CREATE INDEX prepared_expires ON prepared (expires_at);

-- The list of acts, newest first, and the numbers people look for.
CREATE INDEX cases_proposal ON cases (proposal_year, proposal_number) WHERE proposal_number IS NOT NULL;
CREATE INDEX cases_act ON cases (act_year, act_number) WHERE act_number IS NOT NULL;
CREATE INDEX cases_posted ON cases (posted_on, id) WHERE posted_on IS NOT NULL;
CREATE INDEX sittings_date ON sittings (date, id);
