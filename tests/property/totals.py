"""Totals, agents and rollups worked out anew from the events, in the plainest way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import Any

from runreel.model.event import Event
from runreel.model.instant import MICROSECONDS_PER_HOUR
from runreel.model.run import Run
from runreel.model.usage import Usage
from runreel.model.vocabulary import is_ended
from runreel.storage.sql.rollup import duration_bucket
from tests.property.laboratory import Dump

_TOKENS = ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning")
_NAMED_BY = {"tool_call", "embedding", "retrieval", "guardrail", "code_exec"}


def check_totals(dump: Dump) -> None:
    """Check every sum that is kept against what the events of the dump add up to."""
    runs: list[Run] = []
    rollups: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [[0] * 10, defaultdict(int)])
    for kept in dump.runs.values():
        run, events = kept["run"], [full.event for full in kept["events"]]
        runs.append(run)
        assert run.n_events == len(events)
        assert run.n_errors == sum(event.status == "failed" for event in events)
        assert run.usage == sum_usage(events)
        _add_run(rollups, run)
        for event in events:
            _add_event(rollups, run, event, is_counted(event, events))
    assert {agent.agent_name: agent for agent in dump.agents}.keys() == {run.agent_name for run in runs}
    for agent in dump.agents:
        own = [run for run in runs if run.agent_name == agent.agent_name]
        assert (agent.n_runs, agent.n_ended_runs, agent.n_failed_runs) == (
            len(own),
            sum(is_ended(run.status) for run in own),
            sum(run.status == "failed" for run in own),
        )
        assert agent.duration_us == sum(run.duration_us or 0 for run in own)
        assert (agent.n_events, agent.n_errors) == (sum(r.n_events for r in own), sum(r.n_errors for r in own))
        for each in fields(Usage):
            assert getattr(agent.usage, each.name) == sum(getattr(run.usage, each.name) for run in own), each.name
    expected = {
        key: (tuple(sums), {bucket: n for bucket, n in buckets.items() if n})
        for key, (sums, buckets) in rollups.items()
    }
    unknown = {
        _key_of(kept["run"], full.event)
        for kept in dump.runs.values()
        for full in kept["events"]
        if full.event.ended_by_run
    }
    assert _without_durations(dump.rollups, unknown) == _without_durations(expected, unknown)
    of_project = {key[1:] for key in unknown}
    assert _without_durations(dump.project_rollups, of_project) == (
        _without_durations(_by_project(expected), of_project)
    )
    assert dump.durations == _durations_of(runs)
    for session in dump.sessions:
        own = [run for run in runs if run.session_id == session.session_id]
        assert session.n_runs == len(own)
        assert session.last_active_at == max((run.active_at for run in own), default=None)


def is_counted(event: Event, events: list[Event]) -> bool:
    """Tell whether the event counts its own usage: it has some, and none of its children has."""
    children = [each for each in events if each.parent_event_id == event.event_id and each is not event]
    return _has_usage(event) and not any(map(_has_usage, children))


def sum_usage(events: list[Event]) -> Usage:
    """Return what the events consumed."""
    counted = [event for event in events if is_counted(event, events)]
    return Usage(
        **{name: sum(getattr(event, name) or 0 for event in counted) for name in _TOKENS},
        cost_nanos=sum(event.known_cost_nanos or 0 for event in counted),
        n_unpriced=sum(event.known_cost_nanos is None for event in counted),
    )


def label_of(event: Event) -> str:
    """Return what events of one type are told apart by: the model, or the name of what was called."""
    if event.event_type == "llm_call":
        return event.model or event.name or ""
    return (event.name or "") if event.event_type in _NAMED_BY else ""


def _has_usage(event: Event) -> bool:
    return any(getattr(event, name) for name in (*_TOKENS, "cost_nanos"))


def _add_run(rollups: dict[tuple[Any, ...], list[Any]], run: Run) -> None:
    key = (run.agent_name, run.created_at // MICROSECONDS_PER_HOUR, "run", run.status)
    usage = run.usage
    amounts = [*(getattr(usage, name) for name in _TOKENS), usage.cost_nanos, usage.n_unpriced]
    _add(rollups[key], run.duration_us, [1, int(run.status == "failed"), *amounts])


def _add_event(rollups: dict[tuple[Any, ...], list[Any]], run: Run, event: Event, counted: bool) -> None:
    amounts = [1, int(event.status == "failed")]
    if counted:
        amounts += [getattr(event, name) or 0 for name in _TOKENS]
        amounts += [event.known_cost_nanos or 0, int(event.known_cost_nanos is None)]
    _add(rollups[_key_of(run, event)], event.duration_us, amounts)


def _key_of(run: Run, event: Event) -> tuple[Any, ...]:
    return run.agent_name, event.started_at // MICROSECONDS_PER_HOUR, event.event_type, label_of(event)


def _without_durations(rollups: dict[tuple[Any, ...], Any], keys: set[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
    """Leave durations out where an event ended with its run: sums have the one that was recorded, if any was."""
    return {
        key: ((0, *sums[1:]), {}) if key in keys else (tuple(sums), dict(buckets))
        for key, (sums, buckets) in rollups.items()
    }


def _by_project(rollups: dict[tuple[Any, ...], Any]) -> dict[tuple[Any, ...], Any]:
    summed: dict[tuple[Any, ...], Any] = {}
    for (_, *rest), (sums, buckets) in rollups.items():
        known_sums, known_buckets = summed.get(tuple(rest), ([0] * len(sums), {}))
        added = {bucket: known_buckets.get(bucket, 0) + n for bucket, n in buckets.items()}
        summed[tuple(rest)] = (tuple(map(sum, zip(known_sums, sums, strict=True))), {**known_buckets, **added})
    return summed


def _durations_of(runs: list[Run]) -> dict[str, dict[int, int]]:
    """Return how many runs of each agent took how long."""
    counted: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for run in runs:
        if run.duration_us is not None:
            counted[run.agent_name][duration_bucket(run.duration_us)] += 1
    return counted


def _add(rollup: list[Any], duration_us: int | None, amounts: list[int]) -> None:
    sums, buckets = rollup
    if duration_us is not None:
        sums[0] += duration_us
        buckets[duration_bucket(duration_us)] += 1
    for place, amount in enumerate(amounts, 1):
        sums[place] += amount
