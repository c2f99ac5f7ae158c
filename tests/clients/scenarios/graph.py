"""A graph's run with a given id: planning, step_1, terminator, each with a call in it."""

import sys

from gati import observe
from gati.core.event import AgentEndEvent, AgentStartEvent, LLMCallEvent, NodeExecutionEvent

RUN_ID = sys.argv[1]
NODES = ["planning", "step_1", "terminator"]
STRUCTURE = {
    "nodes": NODES,
    "nodes_metadata": {"planning": {"node_type": "planning"}},
    "edges": [{"from": "planning", "to": "step_1", "type": "sequential"}, {"from": "step_1", "to": "terminator"}],
    "entry_point": "planning",
    "end_nodes": ["terminator"],
}

observe.init(name="graph", telemetry=False, batch_size=4)
observe.track_event(AgentStartEvent(run_id=RUN_ID, input={"go": True}, metadata={"graph_structure": STRUCTURE}))
previous = None
for node in NODES:
    ran = NodeExecutionEvent(run_id=RUN_ID, node_name=node, state_after={"by": RUN_ID}, duration_ms=3)
    ran.previous_event_id = previous
    previous = ran.event_id
    observe.track_event(ran)
    call = LLMCallEvent(run_id=RUN_ID, model="small", prompt=f"{node} of {RUN_ID}", tokens_in=10, tokens_out=1)
    call.parent_event_id = ran.event_id
    observe.track_event(call)
observe.track_event(AgentEndEvent(run_id=RUN_ID, output={"by": RUN_ID}, total_duration_ms=20))
observe.flush()
