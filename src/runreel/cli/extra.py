"""Turns the absence of an optional library into a sentence."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from runreel.errors import ConfigError

_POSTGRES_MODULES = frozenset({"psycopg", "psycopg_c", "psycopg_binary"})


@contextmanager
def needed_extra(command: str) -> Generator[None]:
    """Name the extra to install when a module is missing that only an extra brings.

    Raises:
        ConfigError: in place of the `ModuleNotFoundError`; a missing module of Runreel itself is a defect and passes.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module in {"", "runreel"}:
            raise
        extra = "postgres" if module in _POSTGRES_MODULES else "server"
        raise ConfigError(
            f"`{command}` needs the module {module!r}, which is not installed: pip install 'runreel[{extra}]'"
        ) from error
