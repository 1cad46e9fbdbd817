-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Registers with their counters, and the rows that pages read: a projection of the events,
-- recomputed and compared by `delibera verify`. Days are ISO text; flags are 0 or 1.

CREATE TABLE registers (
    register       TEXT COLLATE "C" NOT NULL CHECK (register <> ''),
    year           BIGINT NOT NULL,
    opened_at_last BIGINT NOT NULL CHECK (opened_at_last >= 0),
    last           BIGINT NOT NULL,
    PRIMARY KEY (register, year),
    CONSTRAINT registers_forward CHECK (last >= opened_at_last)
);

CREATE TABLE register_entries (
    register TEXT COLLATE "C" NOT NULL CHECK (register <> ''),
    year     BIGINT NOT NULL,
    number   BIGINT NOT NULL CHECK (number > 0),
    external BIGINT NOT NULL CHECK (external IN (0, 1)),
    case_id  TEXT COLLATE "C" NOT NULL CHECK (case_id <> ''),
    date     TEXT COLLATE "C" NULL CHECK (length(date) = 10),
    subject  TEXT COLLATE "C" NOT NULL,
    note     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (register, year, number)
);

CREATE TABLE cases (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    kind            TEXT COLLATE "C" NOT NULL,
    subject         TEXT COLLATE "C" NOT NULL,
    subject_folded  TEXT COLLATE "C" NOT NULL,
    office          TEXT COLLATE "C" NOT NULL,
    step            TEXT COLLATE "C" NOT NULL,
    lifecycle       TEXT COLLATE "C" NOT NULL,
    workflow        TEXT COLLATE "C" NOT NULL,
    version         BIGINT NOT NULL CHECK (version > 0),
    proposal_number BIGINT NULL,
    proposal_year   BIGINT NULL,
    act_number      BIGINT NULL,
    act_year        BIGINT NULL,
    albo_number     BIGINT NULL,
    albo_year       BIGINT NULL,
    adopted_on      TEXT COLLATE "C" NULL CHECK (length(adopted_on) = 10),
    posted_on       TEXT COLLATE "C" NULL CHECK (length(posted_on) = 10),
    last_day        TEXT COLLATE "C" NULL CHECK (length(last_day) = 10),
    effective_on    TEXT COLLATE "C" NULL CHECK (length(effective_on) = 10),
    immediate       BIGINT NOT NULL CHECK (immediate IN (0, 1)),
    deadline        TEXT COLLATE "C" NULL CHECK (length(deadline) = 10),
    sitting         TEXT COLLATE "C" NULL
);
CREATE INDEX cases_lifecycle ON cases (lifecycle, id);
CREATE INDEX cases_office ON cases (office, id);
CREATE INDEX cases_step ON cases (step, id);
CREATE INDEX cases_sitting ON cases (sitting, id) WHERE sitting IS NOT NULL;

CREATE TABLE sittings (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    organ   TEXT COLLATE "C" NOT NULL,
    date    TEXT COLLATE "C" NULL CHECK (length(date) = 10),
    status  TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0)
);

CREATE TABLE papers (
    stream  TEXT COLLATE "C" NOT NULL CHECK (stream <> ''),
    key     TEXT COLLATE "C" NOT NULL CHECK (key <> ''),
    kind    TEXT COLLATE "C" NOT NULL,
    file    TEXT COLLATE "C" NOT NULL,
    sha256  TEXT COLLATE "C" NOT NULL CHECK (length(sha256) IN (0, 64)),
    status  TEXT COLLATE "C" NOT NULL CHECK (status IN ('owed', 'prepared', 'complete', 'dropped')),
    signers TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (stream, key)
);

CREATE TABLE people (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    given_name  TEXT COLLATE "C" NOT NULL,
    surname     TEXT COLLATE "C" NOT NULL,
    fiscal_code TEXT COLLATE "C" NOT NULL,
    email       TEXT COLLATE "C" NOT NULL
);

CREATE TABLE mandates (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    person     TEXT COLLATE "C" NOT NULL REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED,
    role       TEXT COLLATE "C" NOT NULL,
    office     TEXT COLLATE "C" NOT NULL,
    capacity   TEXT COLLATE "C" NOT NULL,
    title      TEXT COLLATE "C" NOT NULL,
    act        TEXT COLLATE "C" NOT NULL,
    valid_from TEXT COLLATE "C" NULL CHECK (length(valid_from) = 10),
    valid_to   TEXT COLLATE "C" NULL CHECK (length(valid_to) = 10),
    CONSTRAINT mandates_days CHECK (valid_from <= valid_to)
);
CREATE INDEX mandates_person ON mandates (person);

CREATE FUNCTION delibera_register_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'registers: un registro va solo avanti';
END $$;
CREATE TRIGGER registers_forward BEFORE UPDATE ON registers FOR EACH ROW
    WHEN (NEW.register <> OLD.register OR NEW.year <> OLD.year
        OR NEW.opened_at_last <> OLD.opened_at_last OR NEW.last < OLD.last)
    EXECUTE FUNCTION delibera_register_forward();
CREATE TRIGGER registers_no_delete BEFORE DELETE ON registers
    FOR EACH ROW EXECUTE FUNCTION delibera_append_only();
CREATE TRIGGER register_entries_no_delete BEFORE DELETE ON register_entries
    FOR EACH ROW EXECUTE FUNCTION delibera_append_only();
