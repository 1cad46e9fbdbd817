-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Registers with their counters, and the rows that pages read: a projection of the events,
-- recomputed and compared by `delibera verify`. Days are ISO text; flags are 0 or 1.

CREATE TABLE registers (
    register       TEXT   NOT NULL CHECK (register <> ''),
    year           INTEGER NOT NULL,
    opened_at_last INTEGER NOT NULL CHECK (opened_at_last >= 0),
    last           INTEGER NOT NULL,
    PRIMARY KEY (register, year),
    CONSTRAINT registers_forward CHECK (last >= opened_at_last)
) STRICT;

CREATE TABLE register_entries (
    register TEXT   NOT NULL CHECK (register <> ''),
    year     INTEGER NOT NULL,
    number   INTEGER NOT NULL CHECK (number > 0),
    external INTEGER NOT NULL CHECK (external IN (0, 1)),
    case_id  TEXT   NOT NULL CHECK (case_id <> ''),
    date     TEXT   NULL CHECK (length(date) = 10),
    subject  TEXT   NOT NULL,
    note     TEXT   NOT NULL,
    PRIMARY KEY (register, year, number)
) STRICT;

CREATE TABLE cases (
    id              TEXT   NOT NULL PRIMARY KEY CHECK (id <> ''),
    kind            TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    subject_folded  TEXT   NOT NULL,
    office          TEXT   NOT NULL,
    step            TEXT   NOT NULL,
    lifecycle       TEXT   NOT NULL,
    workflow        TEXT   NOT NULL,
    version         INTEGER NOT NULL CHECK (version > 0),
    proposal_number INTEGER NULL,
    proposal_year   INTEGER NULL,
    act_number      INTEGER NULL,
    act_year        INTEGER NULL,
    albo_number     INTEGER NULL,
    albo_year       INTEGER NULL,
    adopted_on      TEXT   NULL CHECK (length(adopted_on) = 10),
    posted_on       TEXT   NULL CHECK (length(posted_on) = 10),
    last_day        TEXT   NULL CHECK (length(last_day) = 10),
    effective_on    TEXT   NULL CHECK (length(effective_on) = 10),
    immediate       INTEGER NOT NULL CHECK (immediate IN (0, 1)),
    deadline        TEXT   NULL CHECK (length(deadline) = 10),
    sitting         TEXT   NULL
) STRICT;
CREATE INDEX cases_lifecycle ON cases (lifecycle, id);
CREATE INDEX cases_office ON cases (office, id);
CREATE INDEX cases_step ON cases (step, id);
CREATE INDEX cases_sitting ON cases (sitting, id) WHERE sitting IS NOT NULL;

CREATE TABLE sittings (
    id      TEXT   NOT NULL PRIMARY KEY CHECK (id <> ''),
    organ   TEXT   NOT NULL,
    date    TEXT   NULL CHECK (length(date) = 10),
    status  TEXT   NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

CREATE TABLE papers (
    stream  TEXT   NOT NULL CHECK (stream <> ''),
    key     TEXT   NOT NULL CHECK (key <> ''),
    kind    TEXT   NOT NULL,
    file    TEXT   NOT NULL,
    sha256  TEXT   NOT NULL CHECK (length(sha256) IN (0, 64)),
    status  TEXT   NOT NULL CHECK (status IN ('owed', 'prepared', 'complete', 'dropped')),
    signers TEXT   NOT NULL,
    PRIMARY KEY (stream, key)
) STRICT;

CREATE TABLE people (
    id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    given_name  TEXT NOT NULL,
    surname     TEXT NOT NULL,
    fiscal_code TEXT NOT NULL,
    email       TEXT NOT NULL
) STRICT;

CREATE TABLE mandates (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    person     TEXT NOT NULL REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED,
    role       TEXT NOT NULL,
    office     TEXT NOT NULL,
    capacity   TEXT NOT NULL,
    title      TEXT NOT NULL,
    act        TEXT NOT NULL,
    valid_from TEXT NULL CHECK (length(valid_from) = 10),
    valid_to   TEXT NULL CHECK (length(valid_to) = 10),
    CONSTRAINT mandates_days CHECK (valid_from <= valid_to)
) STRICT;
CREATE INDEX mandates_person ON mandates (person);

CREATE TRIGGER registers_forward BEFORE UPDATE ON registers
WHEN NEW.register <> OLD.register OR NEW.year <> OLD.year
    OR NEW.opened_at_last <> OLD.opened_at_last OR NEW.last < OLD.last
BEGIN SELECT RAISE(ABORT, 'registers: un registro va solo avanti'); END;
CREATE TRIGGER registers_no_delete BEFORE DELETE ON registers
BEGIN SELECT RAISE(ABORT,
    'registers: registro di sola aggiunta, la cancellazione è rifiutata'); END;
CREATE TRIGGER register_entries_no_delete BEFORE DELETE ON register_entries
BEGIN
    SELECT RAISE(ABORT,
    'register_entries: registro di sola aggiunta, la cancellazione è rifiutata');
END;
