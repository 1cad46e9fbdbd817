-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a person is writing and has not put on record: the form as typed, and the files that came
-- with it. Removed when the text is recorded or given up.

CREATE TABLE drafts (
    case_id  TEXT COLLATE "C" NOT NULL CHECK (case_id <> ''),
    person   TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    version  BIGINT  NOT NULL,
    form     TEXT COLLATE "C" NOT NULL,
    notes    TEXT COLLATE "C" NOT NULL,
    saved_at TEXT COLLATE "C" NOT NULL CHECK (length(saved_at) = 27),
    PRIMARY KEY (case_id, person)
);

CREATE TABLE draft_files (
    case_id    TEXT COLLATE "C" NOT NULL CHECK (case_id <> ''),
    person     TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    sha256     TEXT COLLATE "C" NOT NULL CHECK (length(sha256) = 64),
    name       TEXT COLLATE "C" NOT NULL CHECK (name <> ''),
    class      TEXT COLLATE "C" NOT NULL CHECK (class <> ''),
    media_type TEXT COLLATE "C" NOT NULL,
    bytes      BYTEA NOT NULL,
    saved_at   TEXT COLLATE "C" NOT NULL CHECK (length(saved_at) = 27),
    PRIMARY KEY (case_id, person, sha256)
);
