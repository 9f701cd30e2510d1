"""The partner kit's statements, for SQLite and PostgreSQL alike; parameters are `:named`.

On SQLite a transaction has the file for itself; on PostgreSQL it is serializable, so that whatever a statement looks at
holds when it writes.
"""

from __future__ import annotations

import functools
import re
from typing import Final

VERSION: Final = 2

#: One statement each. BYTEA and BIGINT are SQLite's BLOB and INTEGER under names that PostgreSQL knows.
SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS gpic_attempts (
      state TEXT PRIMARY KEY, nonce TEXT NOT NULL, browser TEXT NOT NULL, expires BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS gpic_linkages (
      fingerprint TEXT PRIMARY KEY, version BIGINT NOT NULL, sealed BYTEA, token TEXT,
      token_mark TEXT NOT NULL DEFAULT 'sound', key_mark TEXT NOT NULL DEFAULT 'sound', suspended_at BIGINT,
      renewed BIGINT NOT NULL DEFAULT 0, reserved_until BIGINT
    )
    """,
    "CREATE TABLE IF NOT EXISTS gpic_pointers (sub TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, is_right BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS gpic_pointers_by_fingerprint ON gpic_pointers (fingerprint)",
    "CREATE TABLE IF NOT EXISTS gpic_returns (who TEXT NOT NULL, why TEXT NOT NULL, at BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS gpic_returns_by_who ON gpic_returns (who, at)",
    "CREATE INDEX IF NOT EXISTS gpic_returns_by_age ON gpic_returns (at)",
    "CREATE TABLE IF NOT EXISTS gpic_audit (who TEXT NOT NULL, what TEXT NOT NULL, at BIGINT NOT NULL)",
)

#: One statement counts and admits, so that processes agree (R9).
RESERVE_RETURN: Final = """
INSERT INTO gpic_returns (who, why, at) SELECT :who, :why, :now
WHERE (SELECT count(*) FROM gpic_returns WHERE who = :who AND at > :start) < :most
"""

#: One statement: version 0 means that the row does not exist yet (R2, R11).
RESERVE_LINKAGE: Final = """
INSERT INTO gpic_linkages (fingerprint, version, reserved_until) SELECT :fingerprint, 1, :until WHERE :version = 0
OR EXISTS (SELECT 1 FROM gpic_linkages WHERE fingerprint = :fingerprint)
ON CONFLICT (fingerprint) DO UPDATE SET version = gpic_linkages.version + 1, reserved_until = :until
WHERE gpic_linkages.version = :version AND (gpic_linkages.reserved_until IS NULL OR gpic_linkages.reserved_until <= :now)
"""

FIND_LINKAGE: Final = """
SELECT version, sealed, token_mark, key_mark, suspended_at, renewed, reserved_until FROM gpic_linkages
WHERE fingerprint = :fingerprint
"""

FIND_LINKAGE_OF: Final = """
SELECT fingerprint, version, sealed, token_mark, key_mark, suspended_at, renewed, reserved_until FROM gpic_linkages
WHERE fingerprint = (SELECT fingerprint FROM gpic_pointers WHERE sub = :sub AND is_right = 1)
"""

#: For bringing what is kept under the current key, a page at a time.
SEALED_AFTER: Final = """
SELECT fingerprint, version, sealed FROM gpic_linkages WHERE fingerprint > :after AND sealed IS NOT NULL
ORDER BY fingerprint LIMIT :most
"""
RESEAL: Final = "UPDATE gpic_linkages SET sealed = :sealed WHERE fingerprint = :fingerprint AND version = :version"

POINT: Final = """
INSERT INTO gpic_pointers (sub, fingerprint, is_right) VALUES (:sub, :fingerprint, :is_right)
ON CONFLICT (sub) DO UPDATE SET fingerprint = excluded.fingerprint, is_right = excluded.is_right
"""

KEEP: Final = """
INSERT INTO gpic_linkages (fingerprint, version, sealed, token, renewed) VALUES (:fingerprint, 1, :sealed, :token, :renewed)
ON CONFLICT (fingerprint) DO UPDATE SET version = gpic_linkages.version + 1, sealed = excluded.sealed, token = excluded.token,
  token_mark = 'sound', key_mark = 'sound', suspended_at = NULL, reserved_until = NULL,
  renewed = CASE WHEN excluded.renewed > gpic_linkages.renewed THEN excluded.renewed ELSE gpic_linkages.renewed END
"""

#: A suspension ends, a rejection does not.
LIFT: Final = """
UPDATE gpic_linkages SET version = version + 1, token_mark = replace(token_mark, 'suspended', 'sound'),
  key_mark = replace(key_mark, 'suspended', 'sound') WHERE fingerprint = :fingerprint AND token = :token
"""

ERASE_UNLESS_OWNED: Final = """
DELETE FROM gpic_linkages WHERE fingerprint = :fingerprint
AND NOT EXISTS (SELECT 1 FROM gpic_pointers WHERE fingerprint = :fingerprint AND is_right = 1)
"""

FIND_WRONG_POINTER: Final = "SELECT 1 FROM gpic_pointers WHERE sub = :sub AND fingerprint = :fingerprint AND is_right = 0"

ERASE_WHAT_IT_HAD: Final = """
DELETE FROM gpic_linkages
WHERE fingerprint = (SELECT fingerprint FROM gpic_pointers WHERE sub = :sub AND is_right = 1 AND fingerprint <> :fingerprint)
"""

RELEASE: Final = "UPDATE gpic_linkages SET version = version + 1, reserved_until = NULL WHERE fingerprint = :fingerprint"

MARK_KEY: Final = """
UPDATE gpic_linkages SET version = version + 1, reserved_until = NULL, key_mark = :said, suspended_at = :at
WHERE fingerprint = :fingerprint
"""

MARK_WHAT_IT_BOUGHT: Final = """
UPDATE gpic_linkages SET version = version + 1, token_mark = :said, suspended_at = :at
WHERE fingerprint = :fingerprint AND token = :token
"""

FORGET: Final = "DELETE FROM gpic_pointers WHERE sub = :sub RETURNING fingerprint"

POINTER_OF: Final = "SELECT fingerprint, is_right FROM gpic_pointers WHERE sub = :sub"

#: *who* is a hash of the sub: whoever has the sub finds the lines, and nobody else can tell whose they are.
WRITE_DOWN: Final = "INSERT INTO gpic_audit (who, what, at) VALUES (:who, :what, :at)"
WRITTEN_DOWN: Final = "SELECT what, at FROM gpic_audit WHERE who = :who ORDER BY at"

SAVE_ATTEMPT: Final = "INSERT INTO gpic_attempts (state, nonce, browser, expires) VALUES (:state, :nonce, :browser, :expires)"
SWEEP_ATTEMPTS: Final = "DELETE FROM gpic_attempts WHERE expires <= :now"

#: One statement, so that the row goes with the answer.
TAKE_ATTEMPT: Final = (
    "DELETE FROM gpic_attempts WHERE state = :state AND browser = :browser AND expires > :now RETURNING nonce, expires"
)

SWEEP_RETURNS: Final = "DELETE FROM gpic_returns WHERE at <= :start"
RETURNS_SINCE: Final = "SELECT why, at FROM gpic_returns WHERE who = :who AND at > :start ORDER BY at"
CLEAR_RETURNS: Final = "DELETE FROM gpic_returns WHERE who = :who"


@functools.cache
def with_percent(statement: str) -> str:
    """The statement with its parameters as psycopg and Django write them."""
    return re.sub(r":([a-z_]+)", r"%(\1)s", statement.replace("%", "%%"))
