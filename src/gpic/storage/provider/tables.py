"""The provider's tables, in types that SQLite and PostgreSQL share.

Moments are whole microseconds since 1970; sets of words are sorted and joined by spaces. A column called `sealed…` or of
type LargeBinary holds an envelope of `sealing`, whose place is `table.column:row`; one called `…_hash` finds a row by what
must not be kept.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

from gpic.storage.provider.columns import HASH, SERIAL, Moment, Moments, NameSought, Practice, TextSought, Vectors, Words

metadata = MetaData(
    naming_convention={
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

clients = Table(
    "clients",
    metadata,
    Column("client_id", NameSought, primary_key=True),
    Column("name", Text, nullable=False),
    Column("redirect_uris", JSON, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("keys", JSON, nullable=False),
    Column("vectors", Vectors, nullable=False),
    Column("im1_enabled", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("audience_policy", String, nullable=False),
    Column("algorithm", String, nullable=False, server_default="RS512"),
)

#: Which clients believe a client when it asserts who comes; each believes itself.
handovers = Table(
    "handovers",
    metadata,
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True),
    Column("to_client_id", String, primary_key=True),
)

#: What clients keep with us about people.
client_metadata = Table(
    "client_metadata",
    metadata,
    Column("subject", String, primary_key=True),
    Column("client_id", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

#: Our signing keys; the private half goes when a key retires.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("public_pem", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("published_at", Moment, nullable=False),
    Column("signs_since", Moment),
    Column("retired_at", Moment),
)

#: The pseudonym is random and stands for the person in the audit trail; without this row nobody can tell whose it was.
persons = Table(
    "persons",
    metadata,
    Column("person", String, primary_key=True),
    Column("pseudonym", String, nullable=False, unique=True),
)

accounts = Table(
    "accounts",
    metadata,
    Column("subject", String, primary_key=True),
    Column("person", ForeignKey("persons.person"), nullable=False, index=True),
    Column("email_hash", HASH, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("level", Integer, nullable=False),
    Column("practice", Practice, index=True),
    Column("email_verified", Boolean, nullable=False),
    Column("phone_verified", Boolean, nullable=False),
    Column("phone_pds_matched", Boolean, nullable=False),
    Column("signed_in_at", Moment),
    Column("put_at", Moment, nullable=False),
)

#: A person's NHS numbers in the order in which they were taken on; the last row of a person is the present number (N1).
nhs_numbers = Table(
    "nhs_numbers",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("person", ForeignKey("persons.person"), nullable=False, index=True),
    Column("number_hash", HASH, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("since", Moment, nullable=False),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", HASH, primary_key=True),
    Column("subject", String, nullable=False),
    Column("vector", Vectors, nullable=False),
    Column("auth_time", Moment, nullable=False),
    Column("signed_in_at", Moment, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

interactions = Table(
    "interactions",
    metadata,
    Column("id_hash", HASH, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
    Column("finished", Boolean, nullable=False),
)

#: Codes that were sent and are awaited.
one_time_codes = Table(
    "one_time_codes",
    metadata,
    Column("about_hash", HASH, primary_key=True),
    Column("code_hash", HASH, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

#: When things were done that may be done only so often.
allowances = Table(
    "allowances",
    metadata,
    Column("what_hash", HASH, primary_key=True),
    Column("done", Moments, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

#: Browsers in which somebody need not type a code.
remembered_devices = Table(
    "remembered_devices",
    metadata,
    Column("token_hash", HASH, primary_key=True),
    Column("id", NameSought, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

#: Public halves; an id is the credential's own.
passkeys = Table(
    "passkeys",
    metadata,
    Column("id", TextSought, primary_key=True),
    Column("subject", String, nullable=False, index=True),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

#: How often passwords were tried, for accounts and from addresses.
tried_passwords = Table(
    "tried_passwords",
    metadata,
    Column("what_hash", HASH, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last", Moment, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

consents = Table(
    "consents",
    metadata,
    Column("subject", String, primary_key=True),
    Column("client_id", NameSought, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("agreed_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
)

#: One login of one partner and everything that descends from it; the codes and refresh tokens go when the family goes.
families = Table(
    "families",
    metadata,
    Column("family", NameSought, primary_key=True),
    Column("client_id", NameSought, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
    #: By whose word it ends; without one where it is older than this column.
    Column("subject", String),
    Index("ix_families_subject_client_id", "subject", "client_id"),
)

codes = Table(
    "codes",
    metadata,
    Column("code_hash", HASH, primary_key=True),
    Column("family", ForeignKey("families.family", ondelete="CASCADE"), nullable=False, index=True),
    Column("client_id", String, nullable=False),
    Column("redirect_uri", TextSought, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("spent_at", Moment),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", HASH, primary_key=True),
    Column("family", ForeignKey("families.family", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Moment, nullable=False),
    Column("replaced_by", HASH),
    Column("sealed_successor", LargeBinary),
    Column("grace_ends", Moment, index=True),
)

jti_uses = Table(
    "jti_uses",
    metadata,
    Column("use_hash", HASH, primary_key=True),
    Column("expires", Moment, nullable=False, index=True),
)

#: Asserted identities that were used; apart from client assertions, which may carry the same jti.
asserted_uses = Table(
    "asserted_uses",
    metadata,
    Column("use_hash", HASH, primary_key=True),
    Column("expires", Moment, nullable=False, index=True),
)

holdings = Table(
    "holdings",
    metadata,
    Column("person", ForeignKey("persons.person"), primary_key=True),
    Column("state", String, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("supplier", String, nullable=False),
    Column("practice", Practice, index=True),
    Column("details", LargeBinary),
    Column("token", LargeBinary),
    Column("rejected", Words, nullable=False),
    Column("refusal", String),
    Column("tries", Integer, nullable=False),
    Column("silences", Integer, nullable=False),
    Column("next_try_at", Moment),
    Column("registered_at", Moment),
    Column("checked_at", Moment),
    Column("completed", Moments, nullable=False),
    Column("confirm_asked_at", Moment),
    Column("forced", Moments, nullable=False, server_default=text("''")),
    Column("may_lift", Boolean, nullable=False, server_default=false()),
)

#: For whoever looks after registrations whose task was lost: few rows at any time.
UNDER_WAY: Final = text("state IN ('registering', 'unproved')")
Index("ix_holdings_under_way", holdings.c.person, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY)

releases = Table(
    "releases",
    metadata,
    Column("person", ForeignKey("persons.person"), primary_key=True),
    Column("client_id", String, primary_key=True),
    Column("released_at", Moment, nullable=False),
    #: In the order of the periodic round.
    Index("ix_releases_released_at_person", "released_at", "person"),
)

#: Append-only; the hashes are for a sealer that chains the records afterwards (N7).
audit = Table(
    "audit",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("pseudonym", String, nullable=False),
    Column("event", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("why", String, nullable=False),
    Column("previous_hash", HASH),
    Column("hash", HASH),
    Index(None, "pseudonym", "id"),
    sqlite_autoincrement=True,
)

#: Where parts of the trail ended that are not kept any more: the chain goes on from the newest of these.
audit_ends = Table(
    "audit_ends",
    metadata,
    Column("up_to", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", HASH, nullable=False),
    Column("at", Moment, nullable=False),
)
