-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a person is writing and has not put on record: the form as typed, and the files that came
-- with it. Removed when the text is recorded or given up.

CREATE TABLE drafts (
    case_id  TEXT    NOT NULL CHECK (case_id <> ''),
    person   TEXT    NOT NULL CHECK (person <> ''),
    version  INTEGER NOT NULL,
    form     TEXT    NOT NULL,
    notes    TEXT    NOT NULL,
    saved_at TEXT    NOT NULL CHECK (length(saved_at) = 27),
    PRIMARY KEY (case_id, person)
) STRICT;

CREATE TABLE draft_files (
    case_id    TEXT NOT NULL CHECK (case_id <> ''),
    person     TEXT NOT NULL CHECK (person <> ''),
    sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
    name       TEXT NOT NULL CHECK (name <> ''),
    class      TEXT NOT NULL CHECK (class <> ''),
    media_type TEXT NOT NULL,
    bytes      BLOB NOT NULL,
    saved_at   TEXT NOT NULL CHECK (length(saved_at) = 27),
    PRIMARY KEY (case_id, person, sha256)
) STRICT;
