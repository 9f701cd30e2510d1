"""The tables, so that Django makes and migrates them; only `cabinets` reads and writes them, in the statements of `sql`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Attempt(models.Model):
    """A login that is under way."""

    state = models.TextField(primary_key=True)
    nonce = models.TextField()
    browser = models.TextField()
    expires = models.BigIntegerField()

    class Meta:
        """As `sql` knows it."""

        db_table = "gpic_attempts"

    def __str__(self) -> str:
        return "an attempt"


class Linkage(models.Model):
    """What a linkage key bought; details and token lie sealed."""

    fingerprint = models.TextField(primary_key=True)
    version = models.BigIntegerField()
    sealed = models.BinaryField(null=True)
    token = models.TextField(null=True)  # noqa: DJ001 - nothing registered yet is not an empty token
    token_mark = models.TextField(db_default="sound")
    key_mark = models.TextField(db_default="sound")
    suspended_at = models.BigIntegerField(null=True)
    renewed = models.BigIntegerField(db_default=0)
    reserved_until = models.BigIntegerField(null=True)

    class Meta:
        """As `sql` knows it."""

        db_table = "gpic_linkages"

    def __str__(self) -> str:
        return "a linkage"


class Pointer(models.Model):
    """Which linkage is somebody's."""

    sub = models.TextField(primary_key=True)
    fingerprint = models.TextField(db_index=True)
    is_right = models.BigIntegerField()

    class Meta:
        """As `sql` knows it."""

        db_table = "gpic_pointers"

    def __str__(self) -> str:
        return "a pointer"


class Written(models.Model):
    """What was done with everything that is kept of somebody; *who* is a hash."""

    who = models.TextField(db_index=True)
    what = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        """As `sql` knows it."""

        db_table = "gpic_audit"

    def __str__(self) -> str:
        return "a line"


class Return(models.Model):
    """An automatic return to NHS login."""

    who = models.TextField()
    why = models.TextField()
    at = models.BigIntegerField(db_index=True)

    class Meta:
        """As `sql` knows it."""

        db_table = "gpic_returns"
        indexes: ClassVar = [models.Index(fields=["who", "at"], name="gpic_returns_by_who")]

    def __str__(self) -> str:
        return "a return"
