"""A whole run, with what every workflow has."""

from __future__ import annotations

from runreel.model.record import Record
from runreel.testing.record import (
    make_edge,
    make_event,
    make_file,
    make_llm_call,
    make_message,
    make_node,
    make_run,
    make_run_end,
)


def make_workflow(run_id: str) -> list[Record]:
    """Build a run with the nodes, events, messages and files that every workflow has under the same ids."""
    records = [make_run(run_id)]
    for place, node_id in enumerate(("planning", "step_1", "terminator")):
        records += [
            make_node(node_id, run_id, order_index=place, name=f"{node_id} of {run_id}"),
            make_llm_call(f"call in {node_id}", run_id, node_id=node_id, inputs=f"{run_id} asks"),
            make_event(f"tool in {node_id}", run_id, parent_event_id=f"call in {node_id}"),
            make_message(f"message in {node_id}", run_id, node_id=node_id, content=run_id),
            make_file(f"file in {node_id}", run_id, node_id=node_id, metadata={"of": run_id}),
        ]
    records += [make_edge("planning", "step_1", run_id), make_edge("step_1", "terminator", run_id)]
    return [*records, make_run_end(run_id)]
