-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Programs that act for a person: their tokens, and the answers to commands with an idempotency key.

-- id is the SHA-256 of the token: who reads the table cannot use it. scopes: separated by blanks.
-- Rows stay after they are revoked or expired, so that a person sees what there was.
CREATE TABLE api_tokens (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    person     TEXT COLLATE "C" NOT NULL CHECK (person <> ''),
    label      TEXT COLLATE "C" NOT NULL CHECK (label <> ''),
    scopes     TEXT COLLATE "C" NOT NULL CHECK (scopes <> ''),
    created_at TEXT COLLATE "C" NOT NULL CHECK (length(created_at) = 27),
    expires_at TEXT COLLATE "C" NOT NULL CHECK (length(expires_at) = 27),
    used_at    TEXT COLLATE "C" NULL CHECK (length(used_at) = 27),
    revoked_at TEXT COLLATE "C" NULL CHECK (length(revoked_at) = 27)
);
CREATE INDEX api_tokens_person ON api_tokens (person, created_at);

-- id is the SHA-256 of person and key, digest that of the request. Written with the facts of the
-- command, in the same transaction; never removed: a key repeated years later records nothing.
CREATE TABLE api_requests (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    digest      TEXT COLLATE "C" NOT NULL CHECK (length(digest) = 64),
    answer      TEXT COLLATE "C" NOT NULL CHECK (CAST(answer AS JSON) IS NOT NULL),
    recorded_at TEXT COLLATE "C" NOT NULL CHECK (length(recorded_at) = 27)
);
