"""How a command ends, for whoever called it from a script; docs/reference/command-line.md is printed from here."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0  #: done; of what stays up: ended by SIGTERM or Ctrl-C, nothing left half-way
    REFUSED = 1  #: refused, or not as it must be: nothing was changed, or a demonstration counted other calls
    CANNOT_BEGIN = 2  #: could not begin: spelling, settings, database, a port that is taken
    INTERRUPTED = 130  #: Ctrl-C before a command was done
