-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Documents prepared for a signature made elsewhere. Not a record: a row goes when it is signed.

CREATE TABLE pending_signatures (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    person     TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    created_at TEXT COLLATE "C" NOT NULL CHECK (length(created_at) = 27),
    body       TEXT COLLATE "C" NOT NULL CHECK (CAST(body AS JSON) IS NOT NULL)
);
CREATE INDEX pending_signatures_person ON pending_signatures (person);
