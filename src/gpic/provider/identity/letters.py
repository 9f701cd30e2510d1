"""What NHS login writes to people."""

from __future__ import annotations

from datetime import timedelta

from gpic.provider.identity.ports import Letter


def code(digits: str, lifetime: timedelta) -> Letter:
    """A one-time code; fits into one text message."""
    minutes = int(lifetime.total_seconds()) // 60
    return Letter(
        "Your security code",
        f"{digits} is your NHS login simulator security code. It works for {minutes} minutes. Never tell it to anybody.",
    )


def already_registered() -> Letter:
    """To somebody who has an account, in place of a code: the page must not tell whether there is one."""
    return Letter(
        "You already have an account",
        "Somebody, probably you, wanted to create an NHS login simulator account with this email address. There is one "
        "already. Go back and sign in with it. If it was not you, there is nothing to do.",
    )


def password_changed() -> Letter:
    """To whoever may not have done it."""
    return Letter(
        "Your password was changed",
        "The password of your NHS login simulator account was changed, and every other browser was signed out. "
        "If it was not you, somebody knows your password: tell the people who run this service.",
    )


def phone_changed() -> Letter:
    """To whoever may not have done it."""
    return Letter(
        "Your phone number was changed",
        "Security codes of your NHS login simulator account go to another phone from now on. "
        "If it was not you, tell the people who run this service.",
    )
