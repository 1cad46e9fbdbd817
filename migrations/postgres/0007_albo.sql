-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The public Albo: postings as the public pages list them, and from what a stranger has in hand to
-- the act it is of (both projections of the events, compared by `delibera verify`); what the probes
-- of the public pages found, until the log of a posting becomes a document of the record.

CREATE TABLE postings (
    register       TEXT COLLATE "C" NOT NULL CHECK (register <> ''),
    year           BIGINT NOT NULL,
    number         BIGINT NOT NULL,
    case_id        TEXT COLLATE "C" NOT NULL CHECK (case_id <> ''),
    kind           TEXT COLLATE "C" NOT NULL,
    subject        TEXT COLLATE "C" NOT NULL,
    subject_folded TEXT COLLATE "C" NOT NULL,
    office         TEXT COLLATE "C" NOT NULL,
    act_number     BIGINT NULL,
    act_year       BIGINT NULL,
    adopted_on     TEXT COLLATE "C" NULL CHECK (length(adopted_on) = 10),
    shown_from     TEXT COLLATE "C" NOT NULL CHECK (length(shown_from) = 27),
    posted_on      TEXT COLLATE "C" NOT NULL CHECK (length(posted_on) = 10),
    last_day       TEXT COLLATE "C" NOT NULL CHECK (length(last_day) = 10),
    off_on         TEXT COLLATE "C" NOT NULL CHECK (length(off_on) = 10),
    file           TEXT COLLATE "C" NOT NULL CHECK (length(file) = 64),
    annulled       BIGINT NOT NULL CHECK (annulled IN (0, 1)),
    external       BIGINT NOT NULL CHECK (external IN (0, 1)),
    PRIMARY KEY (register, year, number)
);
-- What is in the Albo now, and what left it lately.
CREATE INDEX postings_shown ON postings (off_on, shown_from);

CREATE TABLE lookups (
    digest  TEXT COLLATE "C" NOT NULL CHECK (length(digest) = 64),
    case_id TEXT COLLATE "C" NOT NULL CHECK (case_id <> ''),
    what    TEXT COLLATE "C" NOT NULL CHECK (what IN ('file', 'code')),
    PRIMARY KEY (digest, case_id)
);

-- status: of HTTP, 0 when nobody answered. note: what was wrong, empty when nothing was.
CREATE TABLE probes (
    year     BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    at       TEXT COLLATE "C" NOT NULL CHECK (length(at) = 27),
    expected TEXT COLLATE "C" NOT NULL CHECK (expected IN ('shown', 'gone')),
    status   BIGINT NOT NULL,
    note     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (year, number, at)
);
CREATE INDEX probes_at ON probes (at);
