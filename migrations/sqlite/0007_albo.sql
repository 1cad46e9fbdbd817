-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The public Albo: postings as the public pages list them, and from what a stranger has in hand to
-- the act it is of (both projections of the events, compared by `delibera verify`); what the probes
-- of the public pages found, until the log of a posting becomes a document of the record.

CREATE TABLE postings (
    register       TEXT NOT NULL CHECK (register <> ''),
    year           INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    case_id        TEXT NOT NULL CHECK (case_id <> ''),
    kind           TEXT NOT NULL,
    subject        TEXT NOT NULL,
    subject_folded TEXT NOT NULL,
    office         TEXT NOT NULL,
    act_number     INTEGER NULL,
    act_year       INTEGER NULL,
    adopted_on     TEXT NULL CHECK (length(adopted_on) = 10),
    shown_from     TEXT NOT NULL CHECK (length(shown_from) = 27),
    posted_on      TEXT NOT NULL CHECK (length(posted_on) = 10),
    last_day       TEXT NOT NULL CHECK (length(last_day) = 10),
    off_on         TEXT NOT NULL CHECK (length(off_on) = 10),
    file           TEXT NOT NULL CHECK (length(file) = 64),
    annulled       INTEGER NOT NULL CHECK (annulled IN (0, 1)),
    external       INTEGER NOT NULL CHECK (external IN (0, 1)),
    PRIMARY KEY (register, year, number)
) STRICT;
-- What is in the Albo now, and what left it lately.
CREATE INDEX postings_shown ON postings (off_on, shown_from);

CREATE TABLE lookups (
    digest  TEXT NOT NULL CHECK (length(digest) = 64),
    case_id TEXT NOT NULL CHECK (case_id <> ''),
    what    TEXT NOT NULL CHECK (what IN ('file', 'code')),
    PRIMARY KEY (digest, case_id)
) STRICT;

-- status: of HTTP, 0 when nobody answered. note: what was wrong, empty when nothing was.
CREATE TABLE probes (
    year     INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       TEXT NOT NULL CHECK (length(at) = 27),
    expected TEXT NOT NULL CHECK (expected IN ('shown', 'gone')),
    status   INTEGER NOT NULL,
    note     TEXT NOT NULL,
    PRIMARY KEY (year, number, at)
) STRICT;
CREATE INDEX probes_at ON probes (at);
