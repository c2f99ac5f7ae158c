"""The public words for what becomes of the work: who takes it over, where it can go on from, what is left out."""

from __future__ import annotations

from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.implicit import place_here
from runreel.sdk.note import add_event
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field, plain_mapping, plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def handoff(recipient: str, *, sender: str | None = None, reason: str | None = None, context: object = None) -> None:
    """Record that the work goes on with another agent; `sender` is by default the agent of the run."""
    try:
        place = place_here()
        if place is None:
            return
        told = {"sender": sender or place.run.agent_name, "recipient": recipient, "reason": reason, "context": context}
        add_event(recipient, event_type="handoff", inputs={key: told[key] for key in told if told[key] is not None})
    except OWN_ERRORS as error:
        swallow("record a handoff", error)


def checkpoint(name: str, reference: object = None, *, data: Mapping[str, object] | None = None) -> None:
    """Record that the work can go on from here: `reference` is where what is needed for it was put."""
    try:
        outputs = {**plain_mapping(data, "data"), "reference": reference}
        add_event(name, event_type="info", event_subtype="checkpoint", outputs=outputs)
    except OWN_ERRORS as error:
        swallow("record a checkpoint", error)


def skip(node_id: str, *, why: str | None = None) -> None:
    """State that a node of the plan is left out. It can run later all the same."""
    try:
        place = place_here()
        if place is not None:
            node_text = quote(plain_text(node_id, "the name of a node", "node"))
            place.run.add(
                '"record":"node","phase":"start"', f',"node_id":{node_text},"status":"skipped"{name_field("why", why)}'
            )
    except OWN_ERRORS as error:
        swallow("skip a node", error)
