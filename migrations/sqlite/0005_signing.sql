-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Documents prepared for a signature made elsewhere. Not a record: a row goes when it is signed.

CREATE TABLE pending_signatures (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    person     TEXT NOT NULL CHECK (person <> ''),
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    body       TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX pending_signatures_person ON pending_signatures (person);
