-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Programs that act for a person: their tokens, and the answers to commands with an idempotency key.

-- id is the SHA-256 of the token: who reads the table cannot use it. scopes: separated by blanks.
-- Rows stay after they are revoked or expired, so that a person sees what there was.
CREATE TABLE api_tokens (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    person     TEXT NOT NULL CHECK (person <> ''),
    label      TEXT NOT NULL CHECK (label <> ''),
    scopes     TEXT NOT NULL CHECK (scopes <> ''),
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27),
    used_at    TEXT NULL CHECK (length(used_at) = 27),
    revoked_at TEXT NULL CHECK (length(revoked_at) = 27)
) STRICT;
CREATE INDEX api_tokens_person ON api_tokens (person, created_at);

-- id is the SHA-256 of person and key, digest that of the request. Written with the facts of the
-- command, in the same transaction; never removed: a key repeated years later records nothing.
CREATE TABLE api_requests (
    id          TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    digest      TEXT NOT NULL CHECK (length(digest) = 64),
    answer      TEXT NOT NULL CHECK (json_valid(answer)),
    recorded_at TEXT NOT NULL CHECK (length(recorded_at) = 27)
) STRICT;
