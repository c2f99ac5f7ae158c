"""Whatever was done to a foreign database, importing it never fails as a whole, never mixes, and always reconciles."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runreel.importers.address import open_source
from runreel.importers.conversion import open_conversion
from runreel.importers.damage import examine
from runreel.importers.ledger import Ledger
from runreel.importers.stream import iter_bundle
from runreel.model.bundle import ImportOptions, ImportOutcome
from runreel.model.event import FullEvent
from runreel.model.import_report import ImportReport, TableReport
from runreel.model.page import Page
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.model.session import Session
from runreel.server.importing import BundleReport, Importer
from runreel.testing.contract.base import read_all
from runreel.testing.record import NOW
from tests.property.damaged_database import (
    Bytes,
    Change,
    Origin,
    changes,
    damaged,
    origin_of,
    sound_tables,
    write_damaged,
)
from tests.property.effort import FACTOR, examples
from tests.property.laboratory import Laboratory
from tests.support.legacy_database import hashed_id

pytestmark = pytest.mark.timeout(120 * FACTOR)

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
_SOUND = sound_tables()
_RUN_IDS = {row["id"] for row in _SOUND["workflow_runs"]}
_SHORT_IDS = ("planning", "step_1", "step_2", "step_3", "terminator")
# Rows of other tables become events, which are called by them.
_MADE = {
    "cost": "cost_records",
    "approval": "approval_requests",
    "checkpoint": "checkpoints",
    "metric": "workflow_metrics",
    "state": "state_history",
}

_ID_OF = {
    "cost_records": "cost_record_id",
    "approval_requests": "approval_id",
    "checkpoints": "checkpoint_id",
    "workflow_metrics": "metric_id",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one import."""

    report: ImportReport
    answer: BundleReport


def import_into(laboratory: Laboratory, scope: Scope, path: Path) -> Imported:
    """Import as the command and the server do together, in this process."""
    importer = Importer(
        laboratory.store.bundles,
        laboratory.store.files,
        scope,
        ImportOptions(),
        content_encoding="",
        max_line_bytes=16_000_000,
        max_file_bytes=1_000_000,
        now=lambda: NOW,
    )
    with closing(importer), open_source(str(path)) as source, closing(Ledger()) as ledger:
        with closing(open_conversion(source, ledger)) as conversion:
            for chunk in iter_bundle(conversion, made_at="", name="", on_progress=lambda _runs, _events: None):
                importer.feed(chunk)
        answer = importer.finish()
        counts = answer.counts
        report = ImportReport(
            kind="legacy",
            source="",
            started_at=0,
            ended_at=0,
            n_new=counts[ImportOutcome.NEW],
            n_same=counts[ImportOutcome.SAME],
            n_changed=counts[ImportOutcome.CHANGED],
            n_refused=counts[ImportOutcome.REFUSED],
            tables=ledger.tables(),
            kinds=ledger.kinds(answer.n_kept),
            problem=answer.problem,
        )
    return Imported(report, answer)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a project: the events, messages and files of each run, and the sessions."""

    runs: dict[str, dict[str, Any]]
    sessions: list[Session]


def stored_in(laboratory: Laboratory, scope: Scope) -> Stored:
    runs, events = laboratory.store.runs, laboratory.store.events
    run_ids = [run.run_id for run in _all(runs.list_runs, scope, RunFilter())]
    return Stored(
        runs={
            run_id: {
                "metadata": runs.get_run_detail(scope, run_id).metadata or {},
                "events": _all(events.list_full_events, scope, run_id),
                "messages": _all(events.list_messages, scope, run_id),
                "files": _all(events.list_files, scope, run_id),
            }
            for run_id in run_ids
        },
        sessions=_all(runs.list_sessions, scope),
    )


def _all(list_page: Callable[..., Page[Any]], *of: object) -> list[Any]:
    return read_all(lambda cursor: list_page(*of, limit=100, cursor=cursor))


@given(list_of_changes=changes(), is_typed=st.booleans())
@example(list_of_changes=[], is_typed=True)
@example(list_of_changes=[("delete", "sessions", 0)], is_typed=True)
@example(list_of_changes=[("set", ("dag_nodes", "meta"), 0, None)], is_typed=True)
@example(list_of_changes=[("set", ("execution_events", "node_id"), 0, Bytes(b"a\xff"))], is_typed=True)
@example(list_of_changes=[("set", ("messages", "event_id"), 0, b"")], is_typed=False)
@example(list_of_changes=[("set", ("cost_records", "id"), 0, b"\xff\x00")], is_typed=False)
@example(list_of_changes=[("set", ("workflow_steps", "step_number"), 0, -(2**63))], is_typed=True)
@example(
    list_of_changes=[("set", ("workflow_runs", "id"), 0, b"step_1"), ("set", ("workflow_runs", "id"), 1, "step_1")],
    is_typed=False,
)
# The same examples each time: what damage does is without end, and is looked for with RUNREEL_EXAMPLES.
@settings(max_examples=examples(40), suppress_health_check=_quiet, report_multiple_bugs=False, derandomize=FACTOR == 1)
def test_a_damaged_database_is_imported_without_mixing_or_losing_rows(
    laboratory: Laboratory, list_of_changes: list[Change], is_typed: bool
) -> None:
    scope = laboratory.new_scope()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "old.db"
        write_damaged(path, *damaged(_SOUND, list_of_changes), is_typed=is_typed)
        origin = origin_of(path)
        if not origin.counts:
            return
        with open_source(str(path)) as source:
            examine(source)

        first = import_into(laboratory, scope, path)
        stored, rows = stored_in(laboratory, scope), laboratory.rows_of_runs(scope)

        check_report(first, origin)
        check_rows(first.report, stored, origin)

        second = import_into(laboratory, scope, path)

    assert second.report.n_same == first.report.n_new
    assert second.report.n_new == second.report.n_changed == 0
    assert second.report.is_reconciled
    assert laboratory.rows_of_runs(scope) == rows
    assert stored_in(laboratory, scope) == stored


def check_report(imported: Imported, origin: Origin) -> None:
    report = imported.report
    assert (report.problem, imported.answer.refused) == (None, [])
    assert {table.table: table.n_found for table in report.tables if table.n_found} == {
        table: n_rows for table, n_rows in origin.counts.items() if n_rows
    }
    assert [table for table in report.tables if not table.is_reconciled] == []
    assert dict(report.missing()) == {}
    assert table_of(report, "workflow_runs").n_stored == report.n_new


def check_rows(report: ImportReport, stored: Stored, origin: Origin) -> None:
    """Everything that is stored is in the run that its row names, and as much of it as the report says."""
    raw_ids = {run_id: run["metadata"].get("original_run_id", run_id) for run_id, run in stored.runs.items()}
    assert set(raw_ids.values()) <= origin.runs
    assert len(set(raw_ids.values())) == len(raw_ids)
    n_own = {"execution_events": 0, "messages": 0, "files": 0}
    for run_id, run in stored.runs.items():
        raw_id = raw_ids[run_id]
        event_ids = {full.event.event_id for full in run["events"]}
        for full in run["events"]:
            event = full.event
            assert event.parent_event_id is None or event.parent_event_id in event_ids
            if (raw_id, event.event_id) in origin.rows.get("execution_events", ()):
                n_own["execution_events"] += 1
                check_inputs(full.payload.inputs, origin.inputs[raw_id, event.event_id])
            else:
                check_made(raw_id, full, origin)
        named = {
            event_id: nodes[0] for (of_run, event_id), nodes in origin.nodes.items() if of_run == raw_id and event_id
        }
        check_nodes(run, named, _RUN_IDS | origin.runs)
        for kind, key in (("messages", "message_id"), ("files", "file_id")):
            for thing in run[kind]:
                assert (raw_id, getattr(thing, key)) in origin.rows[kind]
                assert thing.event_id is None or thing.event_id in event_ids
                n_own[kind] += 1
    for table, n_rows in n_own.items():
        told = table_of(report, table)
        assert told.n_stored - told.n_merged == n_rows


def check_nodes(run: dict[str, Any], named: dict[str, str | None], raw_run_ids: set[str]) -> None:
    """Events are of one node exactly where their rows name the same one; a hash is the same as what it was made of."""
    pairs = {
        # What was hashed with another run's id and has no row can't be known here.
        (raw_node_id if raw_node_id == full.event.node_id else _short(raw_node_id, raw_run_ids), full.event.node_id)
        for full in run["events"]
        if (raw_node_id := named.get(full.event.event_id)) is not None
    }
    assert len({node_id for _, node_id in pairs}) == len({short for short, _ in pairs}) == len(pairs)
    assert {node_id for short, node_id in pairs if short in _SHORT_IDS} <= set(_SHORT_IDS)


def _short(raw_node_id: str, raw_run_ids: set[str]) -> str:
    hashes = {hashed_id(run_id, short): short for run_id in raw_run_ids for short in _SHORT_IDS}
    return hashes.get(raw_node_id, raw_node_id)


def check_inputs(inputs: object, texts: list[str | None]) -> None:
    """What an event was given is what its row says; of a row that became part of another's event that has it."""
    questions = [text for text in texts if text is not None and text.startswith('{"query": ')]
    assert not questions or inputs is None or inputs in [json.loads(text) for text in questions] or len(texts) > 1


def check_made(raw_run_id: str, full: FullEvent, origin: Origin) -> None:
    """An event that was made of a row of another table says of which, and that is one of its run."""
    table = _MADE[full.event.event_id.partition("-")[0]]
    if table == "state_history":
        return
    row_id = full.payload.attributes.get(_ID_OF[table])
    # JSON has no infinite numbers.
    assert row_id is None or (raw_run_id, str(row_id)) in origin.rows[table]


def table_of(report: ImportReport, name: str) -> TableReport:
    empty = TableReport(table=name, n_found=0, n_stored=0)
    return next((table for table in report.tables if table.table == name), empty)
