"""The shape of the ports: nothing is asked without saying for whom, nor about the inside of a run without naming it."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from runreel.storage.port import (
    BundleStore,
    ChangeStore,
    EventStore,
    MetricStore,
    PriceStore,
    RetentionStore,
    RunStore,
    SpanStore,
)
from runreel.testing.clock import Ticking
from runreel.testing.record import AT, SECOND, make_batch, make_event, make_run

# These speak for no one: they look after the whole store. `apply` has a scope beside each batch, and a watch begins
# empty: what is added to it names its scope.
_WITHOUT_SCOPE = {"apply", "settle_runs", "mark_lost_runs", "sweep_projects", "shrink", "check", "close", "watch"}
_OF_PROJECTS = (RunStore, ChangeStore, MetricStore, PriceStore, RetentionStore, BundleStore)
_INSIDE_RUNS = (EventStore, SpanStore)


def methods_of(port: type) -> list[tuple[str, Callable[..., object]]]:
    return [(name, member) for name, member in vars(port).items() if inspect.isfunction(member) and name[0] != "_"]


@pytest.mark.parametrize(
    ("name", "method"),
    [method for port in _OF_PROJECTS for method in methods_of(port)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_question_names_its_scope_first(name: str, method: Callable[..., object]) -> None:
    parameters = list(inspect.signature(method).parameters)
    assert (parameters[1:2] == ["scope"]) is (name not in _WITHOUT_SCOPE)


@pytest.mark.parametrize(
    ("name", "method"),
    [method for port in _INSIDE_RUNS for method in methods_of(port)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_question_about_the_inside_of_a_run_names_the_run(name: str, method: Callable[..., object]) -> None:
    assert list(inspect.signature(method).parameters)[1:3] == ["scope", "run_id"]


@pytest.mark.parametrize("port", [*_OF_PROJECTS, *_INSIDE_RUNS])
def test_every_list_is_bounded(port: type) -> None:
    for name, method in methods_of(port):
        if name.startswith("list_"):
            assert "limit" in inspect.signature(method).parameters, name


def test_every_method_says_what_it_promises() -> None:
    methods = [each for port in (*_OF_PROJECTS, *_INSIDE_RUNS) for each in methods_of(port)]
    assert [name for name, method in methods if not method.__doc__] == []


def test_the_clock_goes_on_when_it_is_asked() -> None:
    clock = Ticking()
    assert [clock(), clock()] == [AT, AT + SECOND]


def test_a_batch_knows_the_places_of_its_records() -> None:
    batch = make_batch([make_run(), make_event()])
    assert ([record.index for record in batch.records], batch.n_received) == ([0, 1], 2)
