"""A bundle carries runs exactly: whatever their history, on and between both databases, and however often."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.model.bundle import ImportOptions, ImportOutcome
from runreel.model.plan_draft import DraftNode, PlanDraft
from runreel.model.run import RunFilter
from runreel.model.run_edit import RunEdit
from runreel.model.scope import Scope
from runreel.model.transition import allowed_node_statuses, allowed_statuses
from runreel.server.importing import BundleReport, Importer
from runreel.storage.port import Store
from runreel.testing.record import NOW
from runreel.wire.bundle import BundleWriter
from tests.property.arrangement import compare
from tests.property.effort import examples
from tests.property.laboratory import Dump, Laboratory
from tests.property.strategy import Element, decode, elements
from tests.property.totals import check_totals

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
_cuts = st.lists(st.integers(0, 14), max_size=3)


def export(store: Store, scope: Scope) -> list[bytes]:
    """Return the lines of a bundle of a whole project, in the order of the runs' ids."""
    writer = BundleWriter()
    text = writer.head(made_at="2026-01-01T00:00:00.000000Z", holds={})
    runs = store.runs.list_runs(scope, RunFilter(), limit=500).items
    for run_id in sorted(run.run_id for run in runs):
        with closing(store.bundles.export_run(scope, run_id)) as parts:
            text += b"".join(writer.iter_run(parts))
    return (text + writer.close()).splitlines(keepends=True)


def put_in(store: Store, scope: Scope, lines: Sequence[bytes]) -> BundleReport:
    importer = Importer(
        store.bundles,
        store.files,
        scope,
        ImportOptions(),
        content_encoding="",
        max_line_bytes=1_000_000,
        max_file_bytes=1_000_000,
        now=lambda: NOW,
    )
    importer.feed(b"".join(lines))
    return importer.finish()


def record(laboratory: Laboratory, scope: Scope, history: Sequence[Element], cuts: Sequence[int]) -> None:
    """Apply a history in transactions that are cut at some places; then a person changes a run and a session."""
    places = [0, *sorted(cuts), len(history)]
    for start, end in pairwise(places):
        if history[start:end]:
            laboratory.apply(scope, [decode(history[start:end])])
    runs = laboratory.store.runs
    for run in runs.list_runs(scope, RunFilter(), limit=1).items if len(cuts) > 1 else ():
        runs.rename_run(scope, run.run_id, "mine")
        runs.rename_session(scope, run.session_id, "ours")
        statuses = (None, *allowed_statuses(run.status))
        status = statuses[cuts[0] % len(statuses)]
        edit = RunEdit(status=status, tags=["ours"], metadata={"k": None, "l": cuts[1]})
        runs.edit_run(scope, run.run_id, edit, now=NOW + cuts[1])
        runs.put_plan(scope, run.run_id, PlanDraft(nodes=(DraftNode(node_id="planning"),)), now=NOW)
        node = laboratory.store.events.get_node(scope, run.run_id, "planning")
        for wanted in allowed_node_statuses(node.status)[:1]:
            runs.set_node_status(scope, run.run_id, "planning", wanted, who="Ann", why="so", now=NOW)


def record_sessions(laboratory: Laboratory, scope: Scope, history: Sequence[Element]) -> None:
    """Apply the records of sessions alone: a session that has no run does not travel, and may get one later."""
    if sessions := [(dialect, element) for dialect, element in history if element.get("record") == "session"]:
        laboratory.apply(scope, [decode(sessions)])


def seen(laboratory: Laboratory, scope: Scope) -> Dump:
    """Return all that is kept in a project, but for sessions without runs, which don't travel."""
    dump = laboratory.dump(scope)
    return replace(dump, sessions=[session for session in dump.sessions if session.n_runs])


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
@given(history=elements(), cuts=_cuts)
@settings(max_examples=examples(10), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_a_copy_is_identical(
    laboratory: Laboratory, request: pytest.FixtureRequest, target: str, history: list[Element], cuts: list[int]
) -> None:
    other: Laboratory = request.getfixturevalue(f"{target}_laboratory")
    original, copy = laboratory.new_scope(), other.new_scope()
    record(laboratory, original, history, cuts)
    bundle = export(laboratory.store, original)

    report = put_in(other.store, copy, bundle)

    assert (report.problem, report.refused, report.renamed) == (None, [], [])
    assert export(other.store, copy) == bundle
    copied = seen(other, copy)
    compare(copied, seen(laboratory, original))
    check_totals(copied)

    before = other.store.runs.list_runs(copy, RunFilter(), limit=500)
    report = put_in(other.store, copy, bundle)
    assert set(report.counts) <= {ImportOutcome.SAME}
    assert other.store.runs.list_runs(copy, RunFilter(), limit=500) == before


@given(history=elements(), more=elements(), cuts=_cuts)
@settings(max_examples=examples(10), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_a_copy_goes_on_like_the_original(
    laboratory: Laboratory, history: list[Element], more: list[Element], cuts: list[int]
) -> None:
    """What a state forgets of the records that it was merged from, nobody needs."""
    original, copy = laboratory.new_scope(), laboratory.new_scope()
    record(laboratory, original, history, cuts)
    put_in(laboratory.store, copy, export(laboratory.store, original))
    record_sessions(laboratory, copy, history)
    for scope in (original, copy):
        laboratory.apply(scope, [decode(more)])
    compare(seen(laboratory, copy), seen(laboratory, original))


@given(left=elements(), right=elements())
@settings(max_examples=examples(10), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_two_halves_of_a_history_become_the_whole(
    laboratory: Laboratory, left: list[Element], right: list[Element]
) -> None:
    whole, half, other_half = (laboratory.new_scope() for _ in range(3))
    laboratory.apply(whole, [decode(left), decode(right)])
    laboratory.apply(half, [decode(left)])
    laboratory.apply(other_half, [decode(right)])
    put_in(laboratory.store, half, export(laboratory.store, other_half))
    record_sessions(laboratory, half, right)
    united = seen(laboratory, half)
    compare(united, seen(laboratory, whole))
    check_totals(united)
