"""Ids of runs, events and recorders, drawn without a system call each."""

from __future__ import annotations

import os
from _random import Random  # `random` takes longer to import than all of ours may

_numbers = Random()
_draw = _numbers.getrandbits


def new_run_id() -> str:
    """Return 32 hexadecimal digits, which W3C calls a trace id."""
    return "%032x" % _draw(128)  # noqa: UP031 - half the time of the other ways


def new_id() -> str:
    """Return 16 hexadecimal digits: of an event (a span id for W3C), a message, a recorder."""
    return "%016x" % _draw(64)  # noqa: UP031


def is_plain_id(text: str) -> bool:
    """Tell whether the server takes a text as the id of a run, which needs no escaping in an address either."""
    return 0 < len(text) <= 64 and text.isascii() and all(char.isalnum() or char in "._:-" for char in text)


def _seed() -> None:
    _numbers.seed(int.from_bytes(os.urandom(64), "little"))


_seed()
# A child that went on with its parent's numbers would give its ids again.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_seed)
