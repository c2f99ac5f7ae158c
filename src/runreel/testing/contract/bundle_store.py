"""The contract of `BundleStore`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from runreel.errors import NotFoundError, RenamedError
from runreel.model.bundle import (
    BlobPart,
    EventPart,
    ImportOptions,
    ImportOutcome,
    Part,
    RecorderPart,
    RunImport,
    RunPart,
    RunParts,
    SessionPart,
    ThingPart,
)
from runreel.model.run import RunFilter
from runreel.model.run_edit import RunEdit
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, name_of
from runreel.testing.contract.file_store import keep
from runreel.testing.contract.price import NANOS_PER_CALL, make_price
from runreel.testing.contract.recorder import complete, completeness
from runreel.testing.record import (
    AT,
    HOUR,
    NOW,
    make_event,
    make_file,
    make_llm_call,
    make_node,
    make_recorder,
    make_run,
    make_run_end,
    make_session,
    numbered,
)
from runreel.testing.workflow import make_workflow

_LARGE = "large" * 100_000


class BundleStoreContract(StoreContract):
    """Promises of `BundleStore`; a subclass gives the fixture `store`."""

    def test_a_copy_is_exported_as_the_original_was(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        parts = _export(store, scope, "a")
        assert [made.outcome for made in _import(store, elsewhere, parts)] == [ImportOutcome.NEW]
        assert _export(store, elsewhere, "a") == parts

    def test_totals_and_lists_of_a_copy_are_those_of_the_original(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, *make_workflow("a"), make_llm_call("root", "a", tokens_in=600))
        apply(store, scope, make_llm_call("child", "a", parent_event_id="root", tokens_in=500))
        _import(store, elsewhere, _export(store, scope, "a"))
        original, copy = (store.runs.get_run(each, "a") for each in (scope, elsewhere))
        assert (copy.usage, copy.n_events, copy.status, copy.duration_us) == (
            original.usage,
            original.n_events,
            original.status,
            original.duration_us,
        )
        assert store.runs.get_agent(elsewhere, "planner").usage == store.runs.get_agent(scope, "planner").usage
        first, second = (store.events.list_full_events(each, "a", limit=50).items for each in (scope, elsewhere))
        assert [full.payload for full in second] == [full.payload for full in first]

    def test_importing_again_changes_nothing(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        parts = _export(store, scope, "a")
        _import(store, elsewhere, parts)
        before = store.runs.get_run(elsewhere, "a")
        for where, run in ((elsewhere, before), (scope, store.runs.get_run(scope, "a"))):
            assert [made.outcome for made in _import(store, where, parts)] == [ImportOutcome.SAME]
            assert store.runs.get_run(where, "a") == run

    def test_what_is_here_is_merged_by_the_rules_of_records(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run("a", environment="test"), make_event("e", "a", outputs="late"))
        apply(store, elsewhere, make_event("e", "a", at=AT - 1, inputs="early"), make_run_end("a"))
        assert [made.outcome for made in _import(store, elsewhere, _export(store, scope, "a"))] == [
            ImportOutcome.CHANGED
        ]
        run = store.runs.get_run(elsewhere, "a")
        assert (run.environment, run.status, run.n_events) == ("test", "completed", 1)
        payload = store.events.get_event(elsewhere, "a", "e").payload
        assert (payload.inputs, payload.outputs) == ("early", "late")

    def test_records_that_come_later_count_in_a_copy_as_in_the_original(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, make_run("a"), make_event("e", "a", rank=1, name="start"))
        _import(store, elsewhere, _export(store, scope, "a"))
        for where in (scope, elsewhere):
            apply(store, where, make_event("e", "a", rank=0, name="guess", outputs=1), make_run_end("a"))
        assert _without_numbers(_export(store, elsewhere, "a")) == _without_numbers(_export(store, scope, "a"))

    def test_a_name_that_another_run_has_is_marked_and_reported(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, make_run("a"))
        apply(store, elsewhere, make_run("other"))
        [made] = _import(store, elsewhere, _export(store, scope, "a"))
        assert (made.run_name, made.wanted_name, made.is_renamed) == ("run 1 (2)", "run 1", True)
        assert name_of(store, elsewhere, "a") == "run 1 (2)"
        assert name_of(store, elsewhere, "other") == "run 1"

    def test_a_number_that_came_with_a_run_is_not_drawn_again(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, *(make_run(f"{n}", at=AT + n) for n in range(1, 8)))
        _import(store, elsewhere, _export(store, scope, "7"))
        apply(store, elsewhere, make_run("next"))
        assert name_of(store, elsewhere, "next") == "run 8"

    def test_a_name_that_a_person_gave_stays_theirs(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run("a"))
        store.runs.rename_run(scope, "a", "mine")
        _import(store, elsewhere, _export(store, scope, "a"))
        apply(store, elsewhere, make_run("a", at=AT + 1, run_name="the recorder's"))
        assert name_of(store, elsewhere, "a") == "mine"
        with pytest.raises(RenamedError):
            store.runs.get_run_by_name(elsewhere, "planner", "run 1")

    def test_a_name_that_a_person_gave_elsewhere_comes_over_an_automatic_one(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        for where in (scope, elsewhere):
            apply(store, where, make_run("a"))
        store.runs.rename_run(scope, "a", "mine")
        parts = _export(store, scope, "a")
        _import(store, elsewhere, parts)
        assert name_of(store, elsewhere, "a") == "mine"
        store.runs.rename_run(elsewhere, "a", "ours")
        assert [made.outcome for made in _import(store, elsewhere, parts)] == [ImportOutcome.SAME]
        assert name_of(store, elsewhere, "a") == "ours"

    def test_a_deleted_run_is_refused_until_it_is_to_be_revived(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        parts = _export(store, scope, "a")
        store.runs.delete_run(scope, "a", now=NOW)
        [refused] = _import(store, scope, parts)
        assert (refused.outcome, refused.reason) == (
            ImportOutcome.REFUSED,
            "it was deleted here; reviving it must be asked for",
        )
        with pytest.raises(NotFoundError):
            store.runs.get_run(scope, "a")
        assert [made.outcome for made in _import(store, scope, parts, can_revive=True)] == [ImportOutcome.NEW]
        assert _export(store, scope, "a") == parts
        assert apply(store, scope, make_event("late", "a")).refused == []

    def test_a_revived_run_goes_on_above_the_numbers_that_it_had(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        parts = _export(store, scope, "a")
        seen = store.runs.get_run(scope, "a").change_seq
        for _ in range(2):
            store.runs.delete_run(scope, "a", now=NOW)
            _import(store, scope, parts, can_revive=True)
            changes = store.changes.list_changes(scope, "a", after=seen, limit=500)
            assert changes.is_caught_up
            assert changes.begin == 0
            assert {event.event_id for event in changes.events} == {
                part.values[0] for part in parts if isinstance(part, EventPart)
            }
            assert changes.change_seq > seen
            seen = changes.change_seq

    def test_who_knows_a_run_as_it_was_before_it_was_revived_begins_again(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        parts = _export(store, scope, "a")
        known = store.runs.get_run(scope, "a").change_seq
        store.runs.delete_run(scope, "a", now=NOW)
        _import(store, scope, parts, can_revive=True)
        revived = store.runs.get_run(scope, "a").change_seq
        for after in (1, known):
            assert store.changes.list_changes(scope, "a", after=after, limit=3).begin == 0
            assert store.changes.list_changes(scope, "a", after=after, until=revived, limit=3).begin == 0
        # What came of the revived run itself is enough to go on with, however early in it.
        page = store.changes.list_changes(scope, "a", after=known, limit=3)
        assert store.changes.list_changes(scope, "a", after=page.change_seq, limit=3).begin == page.change_seq

    def test_what_people_said_comes_with_a_run(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        for run_id in "ab":
            apply(store, scope, make_run(run_id, tags=["wire"], metadata={"kept": 1, "gone": 2}))
        for run_id, status in (("a", "cancelled"), ("b", "paused")):
            edit = RunEdit(status=status, why="late", tags=["mine"], metadata={"gone": None, "new": {"x": 1}})
            store.runs.edit_run(scope, run_id, edit, now=NOW)
            _import(store, elsewhere, _export(store, scope, run_id))
        for where in (scope, elsewhere):
            late: dict[str, Any] = {"at": NOW + HOUR, "tags": ["later"], "metadata": {"gone": 3, "more": 4}}
            apply(store, where, make_run_end("a", **late), make_run_end("b", **late))
        for run_id, status in (("a", "cancelled"), ("b", "completed")):
            run = store.runs.get_run(elsewhere, run_id)
            assert (run.status, run.tags) == (status, ("mine",))
            detail = store.runs.get_run_detail(elsewhere, run_id)
            assert detail.metadata == {"kept": 1, "new": {"x": 1}, "more": 4}
            assert detail == store.runs.get_run_detail(scope, run_id)
            histories = [
                [replace(each, change_seq=0) for each in store.runs.list_transitions(where, run_id, limit=9).items]
                for where in (scope, elsewhere)
            ]
            assert histories[1] == histories[0]

    def test_what_people_said_elsewhere_counts_here(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        for where in (scope, elsewhere):
            apply(store, where, make_run("a", tags=["wire"]))
        store.runs.edit_run(elsewhere, "a", RunEdit(tags=["here"]), now=NOW)
        store.runs.edit_run(scope, "a", RunEdit(tags=["there"], status="failed"), now=NOW + 1)
        parts = _export(store, scope, "a")
        assert [made.outcome for made in _import(store, elsewhere, parts)] == [ImportOutcome.CHANGED]
        run = store.runs.get_run(elsewhere, "a")
        assert (run.tags, run.status) == (("there",), "failed")
        assert [made.outcome for made in _import(store, elsewhere, parts)] == [ImportOutcome.SAME]

    def test_a_large_payload_travels_whole(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_event("e", "a", outputs=_LARGE), make_event("f", "a", at=AT + 1, outputs="small"))
        parts = _export(store, scope, "a")
        _import(store, elsewhere, parts)
        store.runs.delete_run(scope, "a", now=NOW)
        assert store.events.get_event(elsewhere, "a", "e").payload.outputs == _LARGE
        assert _export(store, elsewhere, "a") == parts
        # Merging with what is stored reads it, too.
        apply(store, elsewhere, make_event("e", "a", inputs="more"))
        assert store.events.get_event(elsewhere, "a", "e").payload.outputs == _LARGE
        assert [made.outcome for made in _import(store, elsewhere, parts)] == [ImportOutcome.SAME]

    def test_bytes_of_files_come_last_and_each_once(self, store: Store, scope: Scope) -> None:
        contents = [b"", b"bytes of a file", bytes(range(256)) * 4_096 * 2 + b"end"]
        hashes = [keep(store, scope, content).content_hash for content in contents]
        named = [*hashes, hashes[1], "sha256:" + "0" * 64, "a mark"]
        apply(store, scope, *(make_file(f"{n}", "a", content_hash=each) for n, each in enumerate(named)))
        parts = _export(store, scope, "a")
        brought = [part for part in parts if isinstance(part, BlobPart)]
        assert parts[len(parts) - len(brought) :] == brought
        assert len({(part.content_hash, part.offset) for part in brought}) == len(brought) == 5
        for content_hash, content in zip(hashes, contents, strict=True):
            pieces = [part for part in brought if part.content_hash == content_hash]
            assert b"".join(part.data for part in pieces) == content
            assert {part.size_bytes for part in pieces} == {len(content)}
        with closing(store.bundles.export_run(scope, "a", has_files=False)) as bare:
            assert list(bare) == parts[: len(parts) - len(brought)]

    def test_calls_without_a_cost_are_priced_here(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run("a"), make_llm_call("e", "a", cost_nanos=None, provider="acme"))
        store.prices.put_price(elsewhere, make_price(), now=NOW)
        _import(store, elsewhere, _export(store, scope, "a"))
        there, here = (store.runs.get_run(each, "a").usage for each in (scope, elsewhere))
        assert (there.cost_nanos, there.n_unpriced) == (0, 1)
        assert (here.cost_nanos, here.n_unpriced) == (NANOS_PER_CALL, 0)

    def test_a_trial_says_what_would_become_of_runs_and_keeps_nothing(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, *make_workflow("a"))
        [made] = _import(store, elsewhere, _export(store, scope, "a"), is_trial=True)
        assert (made.outcome, made.run_name) == (ImportOutcome.NEW, "run 1")
        assert store.runs.list_agents(elsewhere, limit=5).items == ()
        with pytest.raises(NotFoundError):
            store.runs.get_run(elsewhere, "a")

    def test_a_session_comes_with_its_runs(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_session("s", name="Trip", at=AT), make_run("a", session_id="s"))
        store.runs.rename_session(scope, "s", "Our trip")
        _import(store, elsewhere, _export(store, scope, "a"))
        assert store.runs.get_session(elsewhere, "s") == store.runs.get_session(scope, "s")

    def test_one_session_can_take_all_runs(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run("a", session_id="s"), make_event("e", "a"))
        parts = _export(store, scope, "a")
        for outcome in (ImportOutcome.NEW, ImportOutcome.SAME):
            assert [made.outcome for made in _import(store, elsewhere, parts, session_id="t")] == [outcome]
        apply(store, elsewhere, make_run("a", at=AT + HOUR, session_id="s"))
        assert store.runs.get_run(elsewhere, "a").session_id == "t"

    def test_sessions_come_without_runs(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_session("s", name="Work", metadata={"k": 1}), make_run("a", session_id="s"))
        [session] = [part for part in _export(store, scope, "a") if isinstance(part, SessionPart)]
        for options in (ImportOptions(is_trial=True), ImportOptions(session_id="other")):
            store.bundles.import_sessions(elsewhere, [session], options=options, now=NOW)
            assert store.runs.list_sessions(elsewhere, limit=9).items == ()
        for _ in range(2):
            kept = store.bundles.import_sessions(elsewhere, [session], options=ImportOptions(), now=NOW)
            assert kept == {"s"}
        [made] = store.runs.list_sessions(elsewhere, limit=9).items
        assert (made.name, made.metadata, made.n_runs) == ("Work", {"k": 1}, 0)

    def test_what_a_run_has_then_is_counted(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, *make_workflow("a"), make_file("f", "a"))
        parts = _export(store, scope, "a")
        things = [part.kind for part in parts if isinstance(part, ThingPart)]
        wanted = {f"{kind}s": things.count(kind) for kind in set(things)}
        wanted["events"] = sum(isinstance(part, EventPart) for part in parts)
        assert min(wanted.values()) > 0
        for _ in range(2):
            [made] = _import(store, elsewhere, parts)
            assert {kind: made.n_kept[kind] for kind in wanted} == wanted
            assert made.n_kept["transitions"] == len(store.runs.list_transitions(elsewhere, "a", limit=99).items)
            assert made.session_id == "default"
        apply(store, elsewhere, make_event("more", "a"))
        assert _import(store, elsewhere, parts)[0].n_kept["events"] == wanted["events"] + 1

    def test_a_run_comes_in_pieces(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        """The usage of an event is not counted beside that of a child which comes in another piece."""
        calls = [make_llm_call(f"{n}", "a", at=AT + n, parent_event_id=f"{n - 1}") for n in range(6)]
        apply(store, scope, make_run("a"), make_node("idle", "a"), *calls)
        parts = _export(store, scope, "a")
        pieces = _pieces(parts, n_events=2)
        for _ in range(2):
            for piece in pieces:
                store.bundles.import_runs(elsewhere, [piece], options=ImportOptions(), now=NOW)
        assert _export(store, elsewhere, "a") == parts
        assert store.runs.get_run(elsewhere, "a").usage == store.runs.get_run(scope, "a").usage

    def test_what_a_bundle_says_of_counted_usage_is_not_believed(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, make_run("a"), make_llm_call("e", "a", tokens_in=7))
        parts = [
            EventPart(part.values, part.payload, is_silent=True) if isinstance(part, EventPart) else part
            for part in _export(store, scope, "a")
        ]
        _import(store, elsewhere, parts)
        assert store.runs.get_run(elsewhere, "a").usage.tokens_in == 7

    def test_a_copy_is_as_complete_as_the_original(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        numbers = (1, 2, 5, *range(10, 30_000, 2))
        apply(store, scope, make_run("a"), *(numbered(make_event("e", "a"), number) for number in numbers))
        apply(store, scope, make_recorder("recorder-1", "a", record_count=30_000, dropped_count=3, closed=True))
        apply(store, scope, make_recorder("other", "a", metadata={"k": 1}))
        parts = _export(store, scope, "a")
        _import(store, elsewhere, parts)
        assert _export(store, elsewhere, "a") == parts
        assert completeness(store, elsewhere, "a") == completeness(store, scope, "a")
        assert completeness(store, scope, "a") == complete(len(numbers), expected=30_000, dropped=3, recorders=2)
        assert [made.outcome for made in _import(store, elsewhere, parts)] == [ImportOutcome.SAME]

    def test_what_came_here_and_there_comes_together(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, *(numbered(make_event("e", "a"), number) for number in (1, 2, 4)))
        apply(store, scope, make_recorder("recorder-1", "a", record_count=9))
        apply(store, elsewhere, *(numbered(make_event("e", "a"), number) for number in (2, 3, 6)))
        apply(store, elsewhere, make_recorder("recorder-1", "a", dropped_count=1))
        outcomes = [made.outcome for made in _import(store, elsewhere, _export(store, scope, "a"))]
        assert (outcomes, completeness(store, elsewhere, "a")) == (
            [ImportOutcome.CHANGED],
            complete(5, expected=9, dropped=1),
        )

    def test_a_revived_run_is_as_complete_as_it_was(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(numbered(make_event("e", "a"), number) for number in (1, 3)))
        parts = _export(store, scope, "a")
        store.runs.delete_run(scope, "a", now=NOW)
        _import(store, scope, parts, can_revive=True)
        assert completeness(store, scope, "a") == complete(2, expected=3)
        without = [part for part in parts if not isinstance(part, RecorderPart)]
        store.runs.delete_run(scope, "a", now=NOW)
        _import(store, scope, without, can_revive=True)
        assert completeness(store, scope, "a") is None

    def test_the_runs_of_an_export_are_listed_page_by_page_and_each_once(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, *(make_run(f"{n}", at=AT + n, environment="test") for n in range(7)), make_run("other"))
        apply(store, elsewhere, make_run("theirs"))
        listed: list[str] = []
        cursor: str | None = None
        while True:
            page = store.bundles.list_run_ids(scope, RunFilter(environment="test"), limit=2, cursor=cursor)
            assert len(page.items) <= 2
            listed += page.items
            # What comes meanwhile may be listed or not, and moves nothing.
            apply(store, scope, make_run(f"later {len(listed)}"))
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(listed) == [f"{n}" for n in range(7)]

    def test_nothing_is_exported_of_a_run_that_the_scope_does_not_see(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, make_run("a"))
        with pytest.raises(NotFoundError), closing(store.bundles.export_run(elsewhere, "a")) as parts:
            next(parts)

    def test_an_export_that_is_left_ends(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        with closing(store.bundles.export_run(scope, "a")) as parts:
            next(parts)
        assert list(parts) == []


def _export(store: Store, scope: Scope, run_id: str) -> list[Part]:
    with closing(store.bundles.export_run(scope, run_id)) as parts:
        return list(parts)


def _import(
    store: Store,
    scope: Scope,
    parts: Sequence[Part],
    *,
    is_trial: bool = False,
    can_revive: bool = False,
    session_id: str | None = None,
) -> list[RunImport]:
    [whole] = _pieces(parts, n_events=1_000)
    options = ImportOptions(is_trial=is_trial, can_revive=can_revive, session_id=session_id)
    return store.bundles.import_runs(scope, [whole], options=options, now=NOW)


def _pieces(parts: Sequence[Part], *, n_events: int) -> list[RunParts]:
    [session] = [part for part in parts if isinstance(part, SessionPart)]
    [run] = [part for part in parts if isinstance(part, RunPart)]
    things = [part for part in parts if isinstance(part, ThingPart)]
    events = [part for part in parts if isinstance(part, EventPart)]
    recorders = [part for part in parts if isinstance(part, RecorderPart)]
    pieces = [RunParts(run=run, session=session, things=things, recorders=recorders, is_last=not events)]
    silent: list[str] = []
    for start in range(0, len(events), n_events):
        some = events[start : start + n_events]
        is_last = start + n_events >= len(events)
        silent += [event.values[0] for event in some if event.is_silent]
        pieces.append(RunParts(run=run, session=session, events=some, is_last=is_last, silent_before=list(silent)))
    if n_events < len(events):
        return pieces
    return [RunParts(run=run, session=session, things=things, recorders=recorders, events=events)]


def _without_numbers(parts: Sequence[Part]) -> list[object]:
    """Return the parts without the order in which events changed."""
    events = sorted((part for part in parts if isinstance(part, EventPart)), key=lambda event: str(event.values[0]))
    return [*(part for part in parts if not isinstance(part, EventPart)), *events]
