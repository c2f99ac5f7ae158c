"""Figures of any period equal a recount of the runs and events in it, after any history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.model.event import Event
from runreel.model.metrics import ALWAYS, CallFigures, EventCounts, Period, Quantiles, RunFigures
from runreel.model.run import Run
from runreel.model.scope import Scope
from runreel.model.usage import Usage
from runreel.model.vocabulary import is_ended
from runreel.testing.record import AT, HOUR, NOW
from tests.property.effort import examples
from tests.property.laboratory import Dump, Laboratory
from tests.property.strategy import Element, decode, elements
from tests.property.totals import check_totals, is_counted, label_of

_hours = st.sampled_from([None, -HOUR, 0, AT - HOUR, AT, AT + HOUR, AT + 2 * HOUR])
_BOUNDS = [-HOUR, 0, AT - HOUR, AT, AT + HOUR, AT + 3 * HOUR]
_SOME = 100


@given(batch=elements(max_size=20), more=elements(max_size=6), since=_hours, until=_hours, data=st.data())
@settings(
    max_examples=examples(30),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    report_multiple_bugs=False,
)
def test_figures_equal_a_recount(
    laboratory: Laboratory,
    batch: list[Element],
    more: list[Element],
    since: int | None,
    until: int | None,
    data: st.DataObject,
) -> None:
    scope, runs = laboratory.new_scope(), laboratory.store.runs
    cut = data.draw(st.integers(0, len(batch)))
    laboratory.apply(scope, [decode(part) for part in (batch[:cut], batch[cut:]) if part])
    for run_id in data.draw(st.sets(st.sampled_from(sorted(laboratory.dump_sums(scope).runs) or ["none"]))) - {"none"}:
        runs.delete_run(scope, run_id, now=NOW)
    # Late records: those of a deleted run are refused.
    runs.apply([(scope, records) for records in decode(more)], now=NOW)

    dump = laboratory.dump_sums(scope)
    check_totals(dump)
    for period in (ALWAYS, Period(since=since, until=until)):
        _check_period(laboratory, scope, dump, period)
    _check_timelines(laboratory, scope, dump)


def _check_period(laboratory: Laboratory, scope: Scope, dump: Dump, period: Period) -> None:
    metrics = laboratory.store.metrics
    listed = metrics.list_agent_figures(scope, period, order="name", limit=_SOME)
    names = sorted({run.agent_name for run in _runs_of(dump)})
    assert [each.agent_name for each in listed] == [name for name in names if _runs_in(dump, period, name)]
    for agent in listed:
        assert metrics.get_agent_figures(scope, agent.agent_name, period) == agent
        _check_runs(agent.runs, _runs_in(dump, period, agent.agent_name))
        assert agent.events == _count(_events_in(dump, period, agent.agent_name))
    for agent_name in (None, *names):
        summary = metrics.get_summary(scope, period, agent_name=agent_name, top=_SOME)
        runs, events = _runs_in(dump, period, agent_name), _events_in(dump, period, agent_name)
        _check_runs(summary.runs, runs)
        assert summary.events == _count(events)
        assert summary.n_agents == len({run.agent_name for run in runs})
        statuses = {run.status for run in runs}
        assert summary.n_runs_by_status == {status: sum(run.status == status for run in runs) for status in statuses}
        assert {rank.agent_name: rank.n_runs for rank in summary.agents_by_runs} == {
            name: len(_runs_in(dump, period, name)) for name in {run.agent_name for run in runs}
        }
        for event_type, found in (("llm_call", summary.models_by_cost), ("tool_call", summary.tools_by_p95)):
            _check_calls(found, event_type, events)
            asked = metrics.list_call_figures(
                scope, period, event_type, agent_name=agent_name, order="name", limit=_SOME
            )
            assert asked == sorted(found, key=lambda calls: calls.label)


def _check_timelines(laboratory: Laboratory, scope: Scope, dump: Dump) -> None:
    metrics = laboratory.store.metrics
    periods = [Period(since=since, until=until) for since, until in pairwise(_BOUNDS)]
    names = sorted({run.agent_name for run in _runs_of(dump)})
    for agent_name in (None, *names):
        points = metrics.get_run_timeline(scope, _BOUNDS, agent_name=agent_name)
        for point, period in zip(points, periods, strict=True):
            _check_runs(point.runs, _runs_in(dump, period, agent_name))
            assert point.events == _count(_events_in(dump, period, agent_name))
        calls = metrics.get_call_timeline(scope, _BOUNDS, "llm_call", "small", agent_name=agent_name)
        for figures, period in zip(calls, periods, strict=True):
            events = _events_in(dump, period, agent_name)
            _check_calls([figures] if figures.n_calls else [], "llm_call", events, only="small")
    activity = metrics.get_activity(scope, _BOUNDS, names)
    assert {name: each.n_runs for name, each in activity.items()} == {
        name: [len(_runs_in(dump, period, name)) for period in periods] for name in names
    }


def _check_runs(figures: RunFigures, runs: Sequence[Run]) -> None:
    assert figures.n_runs == len(runs)
    assert figures.n_ended == sum(is_ended(run.status) for run in runs)
    assert figures.n_failed == sum(run.status == "failed" for run in runs)
    assert figures.usage == _sum_usages(run.usage for run in runs)
    durations = [run.duration_us for run in runs if run.duration_us is not None]
    assert figures.duration_us == sum(durations)
    _check_quantiles(figures.quantiles, durations)


def _check_calls(
    found: Iterable[CallFigures], event_type: str, events: Sequence[tuple[Event, bool]], only: str | None = None
) -> None:
    of_type = [pair for pair in events if pair[0].event_type == event_type]
    by_label: dict[str, list[tuple[Event, bool]]] = {}
    for event, counted in of_type:
        if only in (None, label_of(event)):
            by_label.setdefault(label_of(event), []).append((event, counted))
    assert {calls.label for calls in found} == by_label.keys()
    for calls in found:
        own = by_label[calls.label]
        assert EventCounts(n_events=calls.n_calls, n_errors=calls.n_errors) == _count(own)
        assert calls.usage == _sum_usages(_usage_of(event) for event, counted in own if counted)
        durations = [event.duration_us for event, _ in own if event.duration_us is not None]
        assert (calls.n_timed, calls.duration_us) == (len(durations), sum(durations))
        _check_quantiles(calls.quantiles, durations)


def _check_quantiles(quantiles: Quantiles | None, durations: Sequence[int]) -> None:
    assert (quantiles is None) is (not durations)
    if quantiles is None:
        return
    ordered = sorted(durations)
    for percent, found in ((50, quantiles.p50_us), (95, quantiles.p95_us), (99, quantiles.p99_us)):
        assert found == pytest.approx(ordered[-(-percent * len(ordered) // 100) - 1], rel=0.02, abs=1)


def _runs_of(dump: Dump) -> list[Run]:
    return [kept["run"] for kept in dump.runs.values()]


def _runs_in(dump: Dump, period: Period, agent_name: str | None) -> list[Run]:
    return [
        run for run in _runs_of(dump) if agent_name in (None, run.agent_name) and _is_within(run.created_at, period)
    ]


def _events_in(dump: Dump, period: Period, agent_name: str | None) -> list[tuple[Event, bool]]:
    """Return events of a period, each with whether it counts its usage."""
    found: list[tuple[Event, bool]] = []
    for kept in dump.runs.values():
        if agent_name in (None, kept["run"].agent_name):
            events = [full.event for full in kept["events"]]
            found += [(event, is_counted(event, events)) for event in events if _is_within(event.started_at, period)]
    return found


def _is_within(at: int, period: Period) -> bool:
    return (period.since is None or at >= period.since) and (period.until is None or at < period.until)


def _count(events: Sequence[tuple[Event, bool]]) -> EventCounts:
    return EventCounts(n_events=len(events), n_errors=sum(event.status == "failed" for event, _ in events))


def _usage_of(event: Event) -> Usage:
    tokens: dict[str, Any] = {
        name: getattr(event, name) or 0
        for name in ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning")
    }
    return Usage(**tokens, cost_nanos=event.cost_nanos or 0, n_unpriced=int(event.cost_nanos is None))


def _sum_usages(usages: Iterable[Usage]) -> Usage:
    names = Usage.__dataclass_fields__
    listed = list(usages)
    return Usage(**{name: sum(getattr(usage, name) for usage in listed) for name in names})
