-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The record: events in streams, seals over them, documents by content. Append-only.
-- Instants are RFC 3339 text with microseconds and Z (27 bytes): they sort, and hash as they are.

CREATE TABLE events (
    position    INTEGER PRIMARY KEY CHECK (position > 0),
    stream      TEXT    NOT NULL CHECK (stream <> ''),
    version     INTEGER NOT NULL CHECK (version > 0),
    kind        TEXT    NOT NULL CHECK (kind <> ''),
    payload     TEXT    NOT NULL CHECK (json_valid(payload)),
    actor       TEXT    NOT NULL CHECK (actor <> ''),
    happened_at TEXT    NOT NULL CHECK (length(happened_at) = 27),
    recorded_at TEXT    NOT NULL CHECK (length(recorded_at) = 27),
    hash        TEXT    NOT NULL CHECK (length(hash) = 64),
    CONSTRAINT events_stream_version UNIQUE (stream, version)
) STRICT;

-- The head of each stream: what a write compares with what it read.
CREATE TABLE streams (
    stream   TEXT    NOT NULL PRIMARY KEY CHECK (stream <> ''),
    version  INTEGER NOT NULL CHECK (version > 0),
    hash     TEXT    NOT NULL CHECK (length(hash) = 64),
    position INTEGER NOT NULL CHECK (position > 0)
) STRICT;

CREATE TABLE seals (
    n        INTEGER PRIMARY KEY CHECK (n > 0),
    at       TEXT    NOT NULL CHECK (length(at) = 27),
    position INTEGER NOT NULL CHECK (position >= 0),
    heads    INTEGER NOT NULL CHECK (heads >= 0),
    events   INTEGER NOT NULL CHECK (events >= 0),
    root     TEXT    NOT NULL CHECK (length(root) = 64),
    previous TEXT    NOT NULL CHECK (length(previous) = 64),
    hash     TEXT    NOT NULL CHECK (length(hash) = 64)
) STRICT;

CREATE TABLE documents (
    sha256     TEXT    NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    media_type TEXT    NOT NULL CHECK (media_type <> ''),
    size       INTEGER NOT NULL CHECK (size >= 0),
    bytes      BLOB    NOT NULL,
    CONSTRAINT documents_size CHECK (size = length(bytes))
) STRICT;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events: registro di sola aggiunta, la modifica è rifiutata'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events: registro di sola aggiunta, la cancellazione è rifiutata'); END;
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals
BEGIN SELECT RAISE(ABORT, 'seals: registro di sola aggiunta, la modifica è rifiutata'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
BEGIN SELECT RAISE(ABORT, 'seals: registro di sola aggiunta, la cancellazione è rifiutata'); END;
CREATE TRIGGER documents_no_update BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'documents: registro di sola aggiunta, la modifica è rifiutata'); END;
CREATE TRIGGER documents_no_delete BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT,
    'documents: registro di sola aggiunta, la cancellazione è rifiutata'); END;
CREATE TRIGGER streams_no_delete BEFORE DELETE ON streams
BEGIN SELECT RAISE(ABORT, 'streams: registro di sola aggiunta, la cancellazione è rifiutata'); END;
