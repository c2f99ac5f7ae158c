"""Events as rows: between a merged state and the columns of `events`, with the payload apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import eq
from typing import Any, cast

from runreel.model.event import Event, Payload
from runreel.model.instant import LONGEST_US
from runreel.model.price import BATCH_SUBTYPE, PriceList
from runreel.model.usage import Usage
from runreel.storage.merge import Stamp, State, decode_lower, derive, encode_lower
from runreel.storage.sql import schema
from runreel.storage.sql.codec import decode_json, encode_json

COLUMNS = tuple(column.name for column in schema.events.columns)
PLACE: Mapping[str, int] = {name: place for place, name in enumerate(COLUMNS)}
_ALWAYS = frozenset({"started_at", "event_type", "status"})
PAYLOAD_FIELDS = ("inputs", "outputs", "error", "attributes")

N_HEAD = PLACE["event_type"]
_FIELDS = COLUMNS[N_HEAD : PLACE["payload_block"]]
# The last columns say where the payload is, what a price list makes of the event, and of which node its parents make
# it: no record speaks of these.
UNKNOWN_YET = (None,) * (len(COLUMNS) - PLACE["payload_block"])
CHANGE_SEQ, _RANK, _RECORDED_AT, IS_COUNTED = (
    PLACE[name] for name in ("change_seq", "rank", "recorded_at", "is_counted")
)
_TOKENS_IN, _COST = PLACE["tokens_in"], PLACE["cost_nanos"]
_AFTER_USAGE = _COST + 1
PRICE = PLACE["price_nanos"]
USAGE = COLUMNS[_TOKENS_IN:_AFTER_USAGE]
_TOKENS = COLUMNS[_TOKENS_IN:_COST]
_SUBTYPE, _STARTED, _ENDED, _DURATION, _MODEL, _PROVIDER = (
    PLACE[name] for name in ("event_subtype", "started_at", "ended_at", "duration_us", "model", "provider")
)
BLOCK, LINE, BLOB = PLACE["payload_block"], PLACE["payload_line"], PLACE["payload_blob"]
PARENT, NODE, MEMBER = PLACE["parent_event_id"], PLACE["node_id"], PLACE["member_of"]

Row = Sequence[Any]


def make_row(run_pk: int, event_id: str, state: State, change_seq: int, *, first_seen_at: int) -> list[Any]:
    """Return the columns of an event without its payload's place; derives in `state` what no record says."""
    if not state.fields.keys() >= _ALWAYS:
        _derive_missing(state, first_seen_at)
    rank, recorded_at = state.top
    row: list[Any] = [run_pk, event_id, change_seq, rank, recorded_at, 0]
    row.extend(map(state.fields.get, _FIELDS))
    row.extend(UNKNOWN_YET)
    if any(row[_TOKENS_IN:_AFTER_USAGE]):
        row[IS_COUNTED] = 1
    return row


def _derive_missing(state: State, first_seen_at: int) -> None:
    fields = state.fields
    if "started_at" not in fields:
        derive(state, "started_at", fields.get("ended_at") or state.top[1] or first_seen_at)
    if "event_type" not in fields:
        derive(state, "event_type", "info")
    if "status" not in fields:
        derive(state, "status", "completed")


def encode_payload(state: State) -> bytes | None:
    """Return the payload with the stamps of fields that need them, or None where there is nothing to keep."""
    fields = state.fields
    content: dict[str, object] = {name: fields[name] for name in PAYLOAD_FIELDS if name in fields}
    if state.lower:
        content["lower"] = encode_lower(state.lower)
    return encode_json(content) if content else None


def read_state(row: Row, payload: bytes | None) -> State:
    """Return the state that `make_row` and `encode_payload` stored."""
    fields = {name: value for name, value in zip(_FIELDS, row[N_HEAD:], strict=False) if value is not None}
    lower: dict[str, Stamp] = {}
    if payload is not None:
        content = cast("dict[str, Any]", decode_json(payload))
        lower = decode_lower(content.pop("lower", {}))
        fields.update(content)
    for name, stamp in list(lower.items()):
        if stamp[0] < 0:
            del fields[name]
            del lower[name]
    return State(fields, (row[_RANK], row[_RECORDED_AT]), lower)


def holds_same(row: Row, other: Row) -> bool:
    """Tell whether two rows of one event hold the same narrow fields, of records with the same highest stamp."""
    # The rows of a database are no lists.
    return all(map(eq, row[_RANK:IS_COUNTED], other[_RANK:IS_COUNTED])) and all(
        map(eq, row[N_HEAD:_AFTER_USAGE], other[N_HEAD:_AFTER_USAGE])
    )


def read_payload(payload: bytes | None) -> Payload:
    """Return the payload as the model has it."""
    if payload is None:
        return Payload()
    content = cast("dict[str, Any]", decode_json(payload))
    content.pop("lower", None)
    return Payload(**content)


def read_event(row: Row, *, execution_order: int | None = None, depth: int | None = None) -> Event:
    """Return the narrow event of a row."""
    values: dict[str, Any] = dict(zip(_FIELDS, row[N_HEAD:], strict=False))
    if values["duration_us"] is None:
        values["duration_us"] = duration_us_of(row)
    return Event(
        event_id=row[1],
        change_seq=row[CHANGE_SEQ],
        recorded_at=row[_RECORDED_AT],
        execution_order=execution_order,
        depth=depth,
        price_nanos=row[PRICE],
        **values,
    )


def duration_us_of(row: Row) -> int | None:
    """Return the stated duration, else the time between start and end."""
    return duration_us_between(row[_DURATION], row[_STARTED], row[_ENDED])


def duration_us_between(stated_us: int | None, started_at: int, ended_at: int | None) -> int | None:
    """Return the stated duration, else the time between start and end, if that is one."""
    if stated_us is not None or ended_at is None:
        return stated_us
    duration_us = ended_at - started_at
    return duration_us if 0 <= duration_us <= LONGEST_US else None


def has_usage(row: Row) -> bool:
    """Tell whether the event consumed anything of its own."""
    return any(row[_TOKENS_IN:_AFTER_USAGE])


def is_priceable(row: Row) -> bool:
    """Tell whether the event has a model and usage, and its recorder did not say what it cost."""
    return row[_MODEL] is not None and row[_COST] is None and has_usage(row)


def price_of(prices: PriceList, row: Row) -> int | None:
    """Return what the event costs by a price list; None where that is not for the list to say, or it has no price."""
    if not is_priceable(row):
        return None
    price = prices.find(row[_PROVIDER], row[_MODEL], row[_STARTED])
    if price is None:
        return None
    amounts = {name: amount or 0 for name, amount in zip(_TOKENS, row[_TOKENS_IN:_COST], strict=True)}
    return price.cost_nanos_of(Usage(**amounts), is_batch=row[_SUBTYPE] == BATCH_SUBTYPE)


def started_at_of(row: Row) -> int:
    """Return when the event began."""
    return row[_STARTED]
