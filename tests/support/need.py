"""What some tests need and not every machine has: a PostgreSQL server, Chromium, nginx.

A test whose need is not met is skipped, and the summary says so; `RUNREEL_REQUIRE=postgres,browser,nginx` makes it a
failure.
"""

from __future__ import annotations

import functools
import os
import shutil
from dataclasses import dataclass
from typing import NoReturn

import psycopg
import pytest

DEFAULT_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
LEFT_OUT = "left out: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A need that is met, by `value`, or an explanation of why it is not."""

    value: str | None
    note: str


def required_needs() -> frozenset[str]:
    names = frozenset(filter(None, (name.strip() for name in os.environ.get("RUNREEL_REQUIRE", "").split(","))))
    if unknown := names - NEEDS.keys():
        raise pytest.UsageError(f"RUNREEL_REQUIRE names {sorted(unknown)!r}; known are {sorted(NEEDS)!r}")
    return names


def demand(name: str) -> str:
    """Return what meets the need, skip the test, or fail it if the need is required."""
    found = NEEDS[name]()
    if found.value is None:
        _give_up(name, found.note)
    return found.value


def _give_up(name: str, note: str) -> NoReturn:
    if name in required_needs():
        pytest.fail(f"RUNREEL_REQUIRE asks for {name}, but {note}", pytrace=False)
    pytest.skip(f"{LEFT_OUT}{name}: {note}")


@functools.cache
def find_postgres() -> Found:
    """Find a PostgreSQL server on which databases may be created; asks once per process."""
    url = os.environ.get("RUNREEL_TEST_POSTGRES", DEFAULT_POSTGRES)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            info = connection.info
            version = info.parameter_status("server_version")
            return Found(value=url, note=f"PostgreSQL {version} at {info.host}:{info.port}")
    except psycopg.Error as error:
        where = "RUNREEL_TEST_POSTGRES" if "RUNREEL_TEST_POSTGRES" in os.environ else DEFAULT_POSTGRES
        reason = str(error).strip().splitlines()[0]
        return Found(value=None, note=f"no PostgreSQL server answers at {where} ({reason})")


@functools.cache
def find_browser() -> Found:
    path = shutil.which("chromium") or shutil.which("/usr/bin/chromium")
    return Found(value=path, note=path or "there is no chromium on PATH")


@functools.cache
def find_nginx() -> Found:
    # Debian keeps it where only administrators have their PATH.
    path = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    return Found(value=path, note=path or "there is no nginx on PATH")


NEEDS = {"postgres": find_postgres, "browser": find_browser, "nginx": find_nginx}
