-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Sign-in with the identity provider of the Comune (OpenID Connect): how a session began, what the
-- provider wants to end its own, and the sign-ins that are under way at the provider.

ALTER TABLE sessions ADD COLUMN method TEXT COLLATE "C" NOT NULL DEFAULT 'password' CHECK (method <> '');
ALTER TABLE sessions ADD COLUMN id_token TEXT COLLATE "C" NOT NULL DEFAULT '';

-- id is the SHA-256 of the state the provider gives back, browser that of a cookie of the browser
-- that asked: who reads the table can finish no sign-in. A row goes when it is used, or after ten
-- minutes. form: what was being sent when the session ended.
CREATE TABLE sign_ins (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    browser    TEXT COLLATE "C" NOT NULL CHECK (length(browser) = 64),
    nonce      TEXT COLLATE "C" NOT NULL CHECK (nonce <> ''),
    verifier   TEXT COLLATE "C" NOT NULL CHECK (verifier <> ''),
    back       TEXT COLLATE "C" NOT NULL CHECK (back <> ''),
    form       TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL CHECK (length(expires_at) = 27)
);
CREATE INDEX sign_ins_expires ON sign_ins (expires_at);
