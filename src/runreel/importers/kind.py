"""What a file or a database is: told by its first bytes, or by its tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from runreel.errors import SourceError
from runreel.importers.source import Source
from runreel.importers.sqlite_source import MAGIC

_MAX_TABLES = 20
_BUNDLE_BEGIN = b'{"'
# Most of the tables of one system have names that no other would choose; one of them is enough where others are gone.
_LEGACY = frozenset(
    {"workflow_runs", "workflow_steps", "dag_nodes", "dag_edges", "execution_events", "approval_requests"}
)
_OWN = frozenset({"payload_blocks", "run_states", "project_rollups"})


class Form(StrEnum):
    """What the first bytes of a file say."""

    BUNDLE = "bundle"
    GZIP = "gzip"
    ZSTD = "zstd"
    SQLITE = "sqlite"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """Which system wrote a database."""

    LEGACY = "legacy workflow database"
    GATI = "GATI database"


def form_of(first: bytes) -> Form:
    """Return the form of a file that begins with these bytes, 16 or more where it has as many."""
    if first.startswith(MAGIC):
        return Form.SQLITE
    if first.startswith(b"\x1f\x8b"):
        return Form.GZIP
    if first.startswith(b"\x28\xb5\x2f\xfd"):
        return Form.ZSTD
    return Form.BUNDLE if first.startswith(_BUNDLE_BEGIN) else Form.UNKNOWN


def kind_of(source: Source) -> Kind:
    """Return which system wrote the database.

    Raises:
        SourceError: it is one of Runreel itself, or of a system that is not known here.
    """
    if _OWN & source.tables.keys():
        raise SourceError(
            f"{source.name!r} is a database of Runreel; `runreel export` writes runs of it as a bundle that "
            "`runreel import` takes, `runreel backup` and `runreel restore` move it as a whole"
        )
    if _LEGACY & source.tables.keys():
        return Kind.LEGACY
    if _is_gati(source.tables):
        return Kind.GATI
    if not source.tables:
        raise SourceError(f"{source.name!r} has no tables; look whether it is the database that was meant")
    raise SourceError(f"{source.name!r} is of no kind that is known here; its tables are {_list(source.tables)}")


def _is_gati(tables: Mapping[str, Mapping[str, str]]) -> bool:
    is_run = {"run_id", "agent_name"} <= tables.get("runs", {}).keys()
    is_event = {"run_id", "event_type"} <= tables.get("events", {}).keys()
    return is_run or is_event


def _list(tables: Mapping[str, object]) -> str:
    names = [repr(name) for name in sorted(tables)[:_MAX_TABLES]]
    more = len(tables) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
