"""The statements of the partner kit's SQLite file."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS attempts (
  state TEXT PRIMARY KEY, nonce TEXT NOT NULL, browser TEXT NOT NULL, expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS linkages (
  fingerprint TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB, token TEXT,
  token_mark TEXT NOT NULL DEFAULT 'sound', key_mark TEXT NOT NULL DEFAULT 'sound', suspended_at INTEGER,
  renewed INTEGER NOT NULL DEFAULT 0, reserved_until INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS pointers (
  sub TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, is_right INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pointers_by_fingerprint ON pointers (fingerprint);
CREATE TABLE IF NOT EXISTS returns (who TEXT NOT NULL, why TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS returns_by_who ON returns (who, at);
CREATE INDEX IF NOT EXISTS returns_by_age ON returns (at);
"""

#: One statement counts and admits, so that processes agree (R9).
RESERVE_RETURN: Final = """
INSERT INTO returns (who, why, at) SELECT :who, :why, :now
WHERE (SELECT count(*) FROM returns WHERE who = :who AND at > :start) < :most
"""

#: One statement: version 0 means that the row does not exist yet (R2, R11).
RESERVE_LINKAGE: Final = """
INSERT INTO linkages (fingerprint, version, reserved_until) SELECT :fingerprint, 1, :until WHERE :version = 0
OR EXISTS (SELECT 1 FROM linkages WHERE fingerprint = :fingerprint)
ON CONFLICT (fingerprint) DO UPDATE SET version = version + 1, reserved_until = :until
WHERE version = :version AND (reserved_until IS NULL OR reserved_until <= :now)
"""

FIND_LINKAGE: Final = """
SELECT version, sealed, token_mark, key_mark, suspended_at, renewed, reserved_until FROM linkages WHERE fingerprint = ?
"""

POINT: Final = """
INSERT INTO pointers (sub, fingerprint, is_right) VALUES (?, ?, ?)
ON CONFLICT (sub) DO UPDATE SET fingerprint = excluded.fingerprint, is_right = excluded.is_right
"""

KEEP: Final = """
INSERT INTO linkages (fingerprint, version, sealed, token, renewed) VALUES (:fingerprint, 1, :sealed, :token, :renewed)
ON CONFLICT (fingerprint) DO UPDATE SET version = version + 1, sealed = :sealed, token = :token, token_mark = 'sound',
  key_mark = 'sound', suspended_at = NULL, renewed = max(renewed, :renewed), reserved_until = NULL
"""

#: A suspension ends, a rejection does not.
LIFT: Final = """
UPDATE linkages SET version = version + 1, token_mark = replace(token_mark, 'suspended', 'sound'),
  key_mark = replace(key_mark, 'suspended', 'sound') WHERE fingerprint = ? AND token = ?
"""

ERASE_UNLESS_OWNED: Final = """
DELETE FROM linkages WHERE fingerprint = :fingerprint
AND NOT EXISTS (SELECT 1 FROM pointers WHERE fingerprint = :fingerprint AND is_right)
"""

FIND_WRONG_POINTER: Final = "SELECT 1 FROM pointers WHERE sub = ? AND fingerprint = ? AND NOT is_right"

ERASE_WHAT_IT_HAD: Final = """
DELETE FROM linkages
WHERE fingerprint = (SELECT fingerprint FROM pointers WHERE sub = ? AND is_right AND fingerprint <> ?)
"""

RELEASE: Final = "UPDATE linkages SET version = version + 1, reserved_until = NULL WHERE fingerprint = ?"

MARK_KEY: Final = """
UPDATE linkages SET version = version + 1, reserved_until = NULL, key_mark = ?, suspended_at = ? WHERE fingerprint = ?
"""

MARK_WHAT_IT_BOUGHT: Final = """
UPDATE linkages SET version = version + 1, token_mark = ?, suspended_at = ? WHERE fingerprint = ? AND token = ?
"""

FORGET: Final = "DELETE FROM pointers WHERE sub = ? RETURNING fingerprint"

SAVE_ATTEMPT: Final = "INSERT INTO attempts (state, nonce, browser, expires) VALUES (?, ?, ?, ?)"
SWEEP_ATTEMPTS: Final = "DELETE FROM attempts WHERE expires <= ?"

#: One statement, so that the row goes with the answer.
TAKE_ATTEMPT: Final = "DELETE FROM attempts WHERE state = ? AND browser = ? AND expires > ? RETURNING nonce, expires"

SWEEP_RETURNS: Final = "DELETE FROM returns WHERE at <= ?"
RETURNS_SINCE: Final = "SELECT why, at FROM returns WHERE who = ? AND at > ? ORDER BY at"
CLEAR_RETURNS: Final = "DELETE FROM returns WHERE who = ?"
