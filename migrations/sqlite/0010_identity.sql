-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Sign-in with the identity provider of the Comune (OpenID Connect): how a session began, what the
-- provider wants to end its own, and the sign-ins that are under way at the provider.

ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'password' CHECK (method <> '');
ALTER TABLE sessions ADD COLUMN id_token TEXT NOT NULL DEFAULT '';

-- id is the SHA-256 of the state the provider gives back, browser that of a cookie of the browser
-- that asked: who reads the table can finish no sign-in. A row goes when it is used, or after ten
-- minutes. form: what was being sent when the session ended.
CREATE TABLE sign_ins (
    id         TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    browser    TEXT NOT NULL CHECK (length(browser) = 64),
    nonce      TEXT NOT NULL CHECK (nonce <> ''),
    verifier   TEXT NOT NULL CHECK (verifier <> ''),
    back       TEXT NOT NULL CHECK (back <> ''),
    form       TEXT NOT NULL,
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27)
) STRICT;
CREATE INDEX sign_ins_expires ON sign_ins (expires_at);
