"""What a run cost: on the event that used it where the rows leave no doubt, else on an event of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from runreel.importers.identity import made_id
from runreel.importers.ledger import Ledger
from runreel.importers.legacy.event_row import EventDraft, Stated
from runreel.importers.legacy.reference import References
from runreel.importers.legacy.tables import Reading
from runreel.importers.source import Row
from runreel.importers.value import Json, instant_of, integer_of, mapping_of, number_of, plain_of, text_of
from runreel.wire.field import count_of, nanos_of
from runreel.wire.field import text_of as short_text_of

TABLE = "cost_records"
ON_EVENTS = "costs were put on the event that used them"

_IN = ("prompt_tokens", "tokens_in", "input_tokens")
_OUT = ("completion_tokens", "tokens_out", "output_tokens")
_COST = ("cost_usd", "cost")
_Figures = tuple[int, int]


def stated_of(meta: Json) -> Stated | None:
    """Return what the `meta` of an event says of its usage, or None."""
    # Most events say nothing of it, which is seen more quickly than read.
    if not (b"token" in meta.raw or b"cost" in meta.raw):
        return None
    known = mapping_of(meta.value)
    places = (known, *(mapping_of(known.get(name)) for name in ("tokens", "usage", "token_usage")))
    tokens_in, tokens_out = _first(places, _IN), _first(places, _OUT)
    cost = next((nanos_of(place[name]) for place in places for name in _COST if name in place), None)
    return None if tokens_in is None and tokens_out is None and cost is None else Stated(tokens_in, tokens_out, cost)


def _first(places: Sequence[Mapping[str, object]], names: Sequence[str]) -> int | None:
    return next((count_of(place[name]) for place in places for name in names if name in place), None)


def spread_costs(
    rows: Iterable[Row], events: Sequence[EventDraft], reading: Reading, references: References, ledger: Ledger
) -> list[EventDraft]:
    """Put the costs of a run where they belong; return the events that were made for those that have no event."""
    costs = [cost for row in rows if (cost := _read(row, reading, references, ledger)) is not None]
    if not costs:
        for event in events:
            if event.stated is not None:
                event.tokens_in, event.tokens_out, event.cost_nanos = event.stated
        return []
    by_figures = _events_by_figures(events)
    n_with = Counter(_figures_of(cost) for cost in costs)
    made: list[EventDraft] = []
    for cost in costs:
        figures = _figures_of(cost)
        candidates = [event for event in by_figures.get(figures, ()) if _may_be_of(event, cost)]
        if len(candidates) == 1 and n_with[figures] == 1 and any(figures):
            _put(candidates[0], cost)
            ledger.merged(TABLE)
            ledger.repaired(ON_EVENTS, cost.event_id)
        else:
            ledger.stored(TABLE)
            made.append(cost)
    return made


def _read(row: Row, reading: Reading, references: References, ledger: Ledger) -> EventDraft | None:
    _, raw_id, step, _, model, prompt, completion, total, cost_usd, timestamp, agent, parent, *_ = row
    cost_id = text_of(raw_id)
    if cost_id is None:
        ledger.left_out(TABLE, "it has no usable id", cost_id)
        return None
    extra = reading.rest(row)
    at = instant_of(timestamp)
    tokens_in, tokens_out = count_of(integer_of(prompt)), count_of(integer_of(completion))
    n_total = integer_of(total)
    cost = nanos_of(number_of(cost_usd))
    if n_total is not None and n_total != (tokens_in or 0) + (tokens_out or 0):
        extra["total_tokens"] = n_total
    originals = (
        ("prompt_tokens", prompt, tokens_in), ("completion_tokens", completion, tokens_out),
        ("cost_usd", cost_usd, cost), ("timestamp", timestamp, at),
    )  # fmt: skip
    for name, value, read in originals:
        if value is not None and read is None:
            extra[f"original_{name}"] = plain_of(value)
    if parent:
        extra["parent_run_id"] = plain_of(parent)
    event_id = references.new_id(made_id("cost", cost_id))
    node_id = references.node(None, step, extra, event_id, is_made=True)
    extra["cost_record_id"] = plain_of(raw_id)
    name = short_text_of(text_of(model))
    return EventDraft(
        event_id,
        references.at if at is None else at,
        event_type="llm_call",
        name=name,
        model=name,
        agent_name=short_text_of(text_of(agent)),
        node_id=node_id,
        started_at=references.at if at is None else at,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_nanos=cost,
        extra=extra,
    )


def _events_by_figures(events: Sequence[EventDraft]) -> dict[_Figures, list[EventDraft]]:
    found: dict[_Figures, list[EventDraft]] = {}
    for event in events:
        stated = event.stated
        if stated is not None and (stated.tokens_in or stated.tokens_out):
            found.setdefault((stated.tokens_in or 0, stated.tokens_out or 0), []).append(event)
    return found


def _figures_of(cost: EventDraft) -> _Figures:
    return cost.tokens_in or 0, cost.tokens_out or 0


def _may_be_of(event: EventDraft, cost: EventDraft) -> bool:
    """Tell whether nothing in the two rows contradicts that the event cost this."""
    pairs = ((event.model, cost.model), (event.agent_name, cost.agent_name), (event.node_id, cost.node_id))
    return all(a is None or b is None or a == b for a, b in pairs)


def _put(event: EventDraft, cost: EventDraft) -> None:
    event.tokens_in, event.tokens_out, event.cost_nanos = cost.tokens_in, cost.tokens_out, cost.cost_nanos
    event.model = event.model or cost.model
    event.extra.update({key: value for key, value in cost.extra.items() if key not in event.extra})
