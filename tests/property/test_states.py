"""A node goes through the same states in whatever order, parts and repetition its records come."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.model.instant import format_instant
from runreel.model.transition import allowed_node_statuses
from runreel.testing.record import AT
from tests.property.arrangement import arrangements
from tests.property.effort import examples
from tests.property.laboratory import Laboratory
from tests.property.strategy import Element, decode

_ENDS = ("completed", "failed", "cancelled")
_NODE = {"run_id": "r1", "node_id": "n"}
History = list[tuple[str, str]]


@st.composite
def walks(draw: st.DrawFn) -> tuple[History, list[Element]]:
    """Draw a way through the states of a node, and records that tell of it: statements, executions and approvals."""
    history: History = []
    records: list[Element] = []
    moment = 0

    def tell(record: dict[str, Any]) -> None:
        records.append(("native", {**_NODE, **record}))

    def pass_to(status: str) -> str:
        nonlocal moment
        moment += 1
        at = format_instant(AT + moment * 1_000)
        history.append((at, status))
        return at

    if draw(st.booleans()):
        tell({"record": "node", "phase": "start", "status": "pending", "recorded_at": pass_to("pending")})
    status = "pending"
    for number in range(draw(st.integers(1, 6))):
        allowed = allowed_node_statuses(status)
        if not allowed:
            break
        status = draw(st.sampled_from(allowed))
        phase = draw(st.sampled_from(["start", "end", "whole"]))
        is_execution = status == "running" and draw(st.booleans())
        if not is_execution:
            tell({"record": "node", "phase": phase, "status": status, "recorded_at": pass_to(status)})
            continue
        event = {"record": "event", "event_id": f"attempt-{number}", "event_type": "node_execution"}
        tell({**event, "phase": "start", "started_at": pass_to("running")})
        if draw(st.booleans()):
            approval = {"record": "event", "event_id": f"approval-{number}", "event_type": "approval_requested"}
            tell({**approval, "phase": "start", "started_at": pass_to("waiting_approval")})
            if not draw(st.booleans()):
                status = "waiting_approval"
                break
            tell({**approval, "phase": "end", "ended_at": pass_to("running")})
        if draw(st.booleans()):
            status = draw(st.sampled_from(_ENDS))
            tell({**event, "phase": "end", "status": status, "ended_at": pass_to(status)})
        elif status == "running":
            break
    return history, records


@given(walk=walks(), data=st.data())
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow], report_multiple_bugs=False)
def test_disordered_records_lead_to_the_same_states(
    laboratory: Laboratory, walk: tuple[History, list[Element]], data: st.DataObject
) -> None:
    history, records = walk
    in_order, disordered = laboratory.new_scope(), laboratory.new_scope()
    for record in records:
        laboratory.apply(in_order, [decode([record])])
    laboratory.apply(disordered, data.draw(arrangements(records)))
    for scope in (in_order, disordered):
        found = laboratory.store.events.get_node_history(scope, "r1", "n")
        assert [(format_instant(each.at), each.to_status) for each in found.transitions] == history
        assert [each.from_status for each in found.transitions] == [None, *(status for _, status in history[:-1])]
        assert laboratory.store.events.get_node(scope, "r1", "n").status == history[-1][1]
        (placed,) = laboratory.store.events.get_dag(scope, "r1", limit=10).nodes
        assert placed.transitions == found.transitions
