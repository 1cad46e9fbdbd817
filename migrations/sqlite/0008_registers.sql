-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What registers, searches and statistics read beside the rows: computed from the events after the
-- commit, never part of it, and made again whenever it does not fit. No record.

-- Acts that changed since they were last read into the index. Marked by the write itself, so none
-- is ever missed; one short line an act, whatever the number of its changes.
CREATE TABLE search_stale (
    case_id TEXT    NOT NULL PRIMARY KEY CHECK (case_id <> ''),
    version INTEGER NOT NULL
) STRICT;
CREATE TRIGGER cases_stale_insert AFTER INSERT ON cases BEGIN
    INSERT INTO search_stale (case_id, version) VALUES (NEW.id, NEW.version)
    ON CONFLICT (case_id) DO UPDATE SET version = excluded.version;
END;
CREATE TRIGGER cases_stale_update AFTER UPDATE ON cases BEGIN
    INSERT INTO search_stale (case_id, version) VALUES (NEW.id, NEW.version)
    ON CONFLICT (case_id) DO UPDATE SET version = excluded.version;
END;

-- n orders what is found, the newest act first. format: of the words, by the program that wrote
-- them. off_on: first day off the Albo. ends_on, ended: when a later act revokes or annuls it.
CREATE TABLE search_acts (
    n       INTEGER NOT NULL PRIMARY KEY,
    case_id TEXT    NOT NULL UNIQUE CHECK (case_id <> ''),
    version INTEGER NOT NULL,
    format  INTEGER NOT NULL,
    words   TEXT    NOT NULL CHECK (length(words) = 64),
    off_on  TEXT    NULL CHECK (length(off_on) = 10),
    ends_on TEXT    NULL CHECK (length(ends_on) = 10),
    ended   TEXT    NULL
) STRICT;
CREATE INDEX search_acts_off ON search_acts (off_on) WHERE off_on IS NOT NULL;

-- The words themselves, by n: already cut, folded and stemmed by us, so that this engine and the
-- other one find the same. The underscore keeps it out of what the two schemas have in common.
CREATE VIRTUAL TABLE _words USING fts5 (
    doc, content = '', contentless_delete = 1, tokenize = 'ascii'
);

-- How long things took: one line an opinion, a step left, a lag.
CREATE TABLE measures (
    case_id TEXT    NOT NULL CHECK (case_id <> ''),
    slot    INTEGER NOT NULL CHECK (slot >= 0),
    what    TEXT    NOT NULL CHECK (what <> ''),
    office  TEXT    NOT NULL,
    day     TEXT    NOT NULL CHECK (length(day) = 10),
    days    INTEGER NOT NULL CHECK (days >= 0),
    late    INTEGER NOT NULL CHECK (late IN (0, 1)),
    PRIMARY KEY (case_id, slot)
) STRICT;
CREATE INDEX measures_day ON measures (day);

CREATE INDEX register_entries_case ON register_entries (case_id, register);
CREATE INDEX cases_adopted ON cases (adopted_on) WHERE adopted_on IS NOT NULL;

INSERT INTO search_stale (case_id, version) SELECT id, version FROM cases;
