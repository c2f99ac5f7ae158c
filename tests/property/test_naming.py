"""Names of runs after any history of records, renames, deletions and settling, against a small model of the rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from runreel.errors import NameTakenError, NotFoundError, RenamedError
from runreel.model.instant import format_instant
from runreel.model.name import is_placeholder
from runreel.model.run import RunFilter
from runreel.testing.record import AT, SECOND
from runreel.wire import gati, native
from tests.property.effort import examples
from tests.property.laboratory import Laboratory
from tests.property.naming_model import END, START, NamingModel, Saying

_run_ids = st.sampled_from(["r1", "r2", "r3", "r4", "r5"])
_agents = st.sampled_from(["a", "b"])
_some_agent = st.one_of(st.none(), _agents)
_wishes = st.one_of(st.none(), st.sampled_from(["mine", "mine (2)", "run 1", "run 2", "run 3", "temp_x"]))
_names = st.sampled_from(["mine", "mine (2)", "yours", "run 1", "run 2", "run 4"])
_times = st.integers(-20, 20).map(lambda second: AT + second * SECOND)


class NamingMachine(RuleBasedStateMachine):
    """Does the same to a store and to the model."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__()
        self.runs = laboratory.store.runs
        self.scope = laboratory.new_scope()
        self.model = NamingModel()
        self.now = AT + 1_000 * SECOND
        self.n_events = 0

    @rule(run_id=_run_ids, at=_times, phase=st.sampled_from(["start", "end"]), agent=_some_agent, wish=_wishes)
    def record_a_run(self, run_id: str, at: int, phase: str, agent: str | None, wish: str | None) -> None:
        self._apply_native([_run_record(run_id, at, phase, agent, wish)])

    @rule(run_ids=st.lists(_run_ids, min_size=2, unique=True), ats=st.lists(_times, min_size=5, max_size=5),
          agent=_agents, wish=_wishes)  # fmt: skip
    def open_runs_at_once(self, run_ids: list[str], ats: list[int], agent: str, wish: str | None) -> None:
        fresh = [run_id for run_id in run_ids if run_id not in self.model.runs]
        self._apply_native(
            [_run_record(run_id, at, "start", agent, wish) for run_id, at in zip(fresh, ats, strict=False)]
        )

    @rule(run_id=_run_ids, at=_times, agent=_some_agent, wish=_wishes,
          kind=st.sampled_from(["tool_call", "agent_start", "agent_end"]))  # fmt: skip
    def record_an_event(self, run_id: str, at: int, agent: str | None, wish: str | None, kind: str) -> None:
        self.n_events += 1
        event: dict[str, Any] = {
            "event_type": kind,
            "run_id": run_id,
            "event_id": f"e{self.n_events}",
            "timestamp": format_instant(at),
            "agent_name": agent or "",
            "run_name": wish or "",
        }
        name = None if wish is None or is_placeholder(wish) else wish
        sayings = [Saying(run_id=run_id, at=at, rank=END, agent=agent, name=name, is_event=True)]
        if kind == "agent_start":
            sayings.append(Saying(run_id=run_id, at=at, rank=START, agent=agent, status="executing"))
        elif kind == "agent_end":
            sayings.append(Saying(run_id=run_id, at=at, rank=END, agent=agent, status="completed"))
        self._apply(gati.decode_batch(json.dumps({"events": [event]}).encode(), max_record_bytes=10_000), sayings)

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data(), name=_names)
    def rename(self, data: st.DataObject, name: str) -> None:
        run_id = data.draw(st.sampled_from(sorted(self.model.runs)))
        if self.model.rename(run_id, name):
            assert self.runs.rename_run(self.scope, run_id, name).run_name == name
        else:
            with pytest.raises(NameTakenError):
                self.runs.rename_run(self.scope, run_id, name)

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(sorted(self.model.runs)))
        self.runs.delete_run(self.scope, run_id, now=self.now)
        self.model.delete(run_id)

    @rule(agent=_agents)
    def delete_agent(self, agent: str) -> None:
        owned = [run_id for run_id, run in self.model.runs.items() if run.agent == agent]
        if not owned:
            with pytest.raises(NotFoundError):
                self.runs.delete_agent(self.scope, agent, now=self.now)
            return
        assert self.runs.delete_agent(self.scope, agent, now=self.now).n_runs == len(owned)
        for run_id in owned:
            self.model.delete(run_id)

    @rule(age_s=st.sampled_from([0, 5, 10]))
    def settle(self, age_s: int) -> None:
        seen_before = self.now - age_s * SECOND
        # Runs of other examples wait, too, and a call names a bounded number of them.
        while self.runs.settle_runs(seen_before=seen_before):
            pass
        self.model.settle(seen_before)

    @invariant()
    def names_are_those_of_the_model(self) -> None:
        listed = self.runs.list_runs(self.scope, RunFilter(), limit=100).items
        kept = {run.run_id: (run.agent_name, run.run_name) for run in listed}
        assert kept == {run_id: (run.agent, run.name) for run_id, run in self.model.runs.items()}
        named = [names for names in kept.values() if names[1] is not None]
        assert len(set(named)) == len(named)
        for run_id, (agent, name) in kept.items():
            if name is not None:
                assert self.runs.get_run_by_name(self.scope, agent, name).run_id == run_id

    def teardown(self) -> None:
        """Compare the aliases at the end of each example: asking for every name at every step takes minutes."""
        for agent in ("a", "b", "unknown"):
            for name in ("mine", "mine (2)", "mine (3)", "yours", "run 1", "run 2", "run 3", "run 4"):
                self._check_alias(agent, name)

    def _check_alias(self, agent: str, name: str) -> None:
        if any((run.agent, run.name) == (agent, name) for run in self.model.runs.values()):
            return
        with pytest.raises(NotFoundError) as caught:
            self.runs.get_run_by_name(self.scope, agent, name)
        found = caught.value.run_id if isinstance(caught.value, RenamedError) else None
        assert found == self.model.aliases.get((agent, name))
        if isinstance(caught.value, RenamedError) and found is not None:
            run = self.model.runs[found]
            assert (caught.value.agent_name, caught.value.run_name) == (run.agent, run.name)

    def _apply_native(self, records: list[dict[str, Any]]) -> None:
        body = json.dumps({"records": records}).encode()
        sayings = [
            Saying(
                run_id=record["run_id"],
                at=record["at"],
                rank=START if record["phase"] == "start" else END,
                agent=record.get("agent_name"),
                name=None if is_placeholder(record.get("run_name", "temp_")) else record["run_name"],
                status="executing" if record["phase"] == "start" else "completed",
            )
            for record in records
        ]
        self._apply(native.decode_batch(body, max_record_bytes=10_000, max_records=100), sayings)

    def _apply(self, batch: Any, sayings: list[Saying]) -> None:
        self.now += 2 * SECOND
        (report,) = self.runs.apply([(self.scope, batch.records)], now=self.now)
        n_refused = self.model.apply(sayings, self.now)
        assert bool(report.refused) == bool(n_refused)


def test_names_follow_the_rules_whatever_happens(laboratory: Laboratory) -> None:
    run_state_machine_as_test(
        lambda: NamingMachine(laboratory),
        settings=settings(
            max_examples=examples(15),
            stateful_step_count=25,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def _run_record(run_id: str, at: int, phase: str, agent: str | None, wish: str | None) -> dict[str, Any]:
    record: dict[str, Any] = {"record": "run", "run_id": run_id, "phase": phase, "recorded_at": format_instant(at)}
    record["at"] = at
    if agent is not None:
        record["agent_name"] = agent
    if wish is not None:
        record["run_name"] = wish
    return record
