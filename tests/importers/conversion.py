"""A legacy workflow database converted in this process, without a server."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.legacy_schema import Age
from runreel.importers.address import open_source
from runreel.importers.conversion import open_conversion
from runreel.importers.file_folder import FileFolder
from runreel.importers.ledger import Ledger
from runreel.model.bundle import EVENT_FIELDS, BlobPart, EventPart, RunPart, SessionPart, ThingPart
from runreel.model.import_report import TableReport
from runreel.model.record import RecordKind
from tests.support.legacy_database import Builder, write


@dataclass(slots=True)
class Run:
    """A run as a bundle would carry it: fields of states, by id."""

    part: RunPart
    fields: dict[str, Any]
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    edges: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])
    messages: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    files: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    events: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    blobs: list[BlobPart] = field(default_factory=list[BlobPart])


@dataclass(slots=True)
class Converted:
    runs: dict[str, Run]
    sessions: dict[str, SessionPart]
    tables: dict[str, TableReport]
    repairs: dict[str, int]
    sent: dict[str, tuple[int, int]]

    @property
    def left_out(self) -> dict[tuple[str, str], int]:
        return {(name, each.reason): each.n_rows for name, table in self.tables.items() for each in table.left_out}


def convert(build: Builder, tmp_path: Path, *, age: Age = Age.NEW, files: Path | None = None) -> Converted:
    """Write the database, convert it, and make sure that every row is accounted for."""
    path = tmp_path / "legacy.db"
    path.unlink(missing_ok=True)
    write(path, build.tables, age)
    return convert_file(path, files=files)


def convert_file(path: Path, *, files: Path | None = None) -> Converted:
    folder = None if files is None else FileFolder(str(files))
    runs: dict[str, Run] = {}
    sessions: dict[str, SessionPart] = {}
    with open_source(str(path)) as source, closing(Ledger()) as ledger:
        with closing(open_conversion(source, ledger, folder=folder)) as conversion:
            for parts in conversion.iter_runs():
                run: Run | None = None
                for part in parts:
                    if isinstance(part, SessionPart):
                        sessions[part.session_id] = part
                    elif isinstance(part, RunPart):
                        run = runs[part.run_id] = Run(part, json.loads(part.state or b"{}")["fields"])
                    else:
                        assert run is not None
                        _add(run, part)
            for session in conversion.iter_sessions():
                sessions[session.session_id] = session
        tables = {table.table: table for table in ledger.tables()}
        repairs = {repair.what: repair.n_cases for repair in ledger.repairs()}
        sent = {kind.kind: (kind.n_sent, kind.n_made) for kind in ledger.kinds(None)}
    assert all(table.is_reconciled for table in tables.values()), tables
    return Converted(runs, sessions, tables, repairs, sent)


def _add(run: Run, part: object) -> None:
    if isinstance(part, EventPart):
        values = dict(zip(EVENT_FIELDS, part.values, strict=True))
        payload = json.loads(part.payload or b"{}")
        run.events[values["event_id"]] = {"attributes": {}, **values, **payload}
        return
    if isinstance(part, BlobPart):
        run.blobs.append(part)
        return
    assert isinstance(part, ThingPart)
    fields = {} if part.state is None else json.loads(part.state)["fields"]
    if part.kind is RecordKind.EDGE:
        run.edges.add(part.key)
        return
    things = {RecordKind.NODE: run.nodes, RecordKind.MESSAGE: run.messages, RecordKind.FILE: run.files}
    things[part.kind][part.key[0]] = fields
