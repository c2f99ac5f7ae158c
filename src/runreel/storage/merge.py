"""How records of one thing become one state: a pure function of the set of records, whatever their order.

A state keeps, for every field, the value of the record that counts most: by rank, then by recording time, then by a
fixed order of content. Merging a record is therefore associative, commutative and idempotent. `attributes` and
`metadata` merge key by key; the status of a run follows the time before the rank; of a node all statuses are kept that
were stated, each under its time (`model/statement.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runreel.model.content import comes_after, content_order
from runreel.model.record import Rank, Record, RecordKind
from runreel.model.statement import FIELD as STATEMENTS
from runreel.model.statement import join_statements, known_statements, with_statement

Stamp = tuple[int, int]

MAP_FIELDS = frozenset({"attributes", "metadata"})
_MAP_SEPARATOR = "\x1f"
_DERIVED: Stamp = (Rank.DERIVED, 0)


@dataclass(slots=True)
class State:
    """The merged fields of one thing.

    `top` is the highest stamp of any record merged so far; `lower` holds the stamps of the fields that stem from
    another one. Keys of `lower` are field names, and `attributes␟key` for one key of a map.
    """

    fields: dict[str, object]
    top: Stamp
    lower: dict[str, Stamp] = field(default_factory=dict[str, Stamp])


def new_state(record: Record) -> State:
    """Return the state of a thing that only `record` speaks of."""
    fields = _fields_of(record)
    # An empty map says nothing. Were it kept, merging the same record once more would change the state.
    if not fields.get("attributes", True) or not fields.get("metadata", True):
        fields = {name: value for name, value in fields.items() if name not in MAP_FIELDS or value}
    return State(fields, (record.rank, record.recorded_at))


def merged(state: State, record: Record, *, by_time: frozenset[str] = frozenset()) -> State:
    """Return the state with one more record; fields named in `by_time` follow the time before the rank."""
    return joined(state, State(_fields_of(record), (record.rank, record.recorded_at)), by_time=by_time)


def joined(state: State, other: State, *, by_time: frozenset[str] = frozenset()) -> State:
    """Return the state of all the records that either of two states was made of."""
    values = _flat(state.fields)
    stamps = {name: state.lower.get(name, state.top) for name in values}
    for name, value in _flat(other.fields).items():
        stamp = other.lower.get(name, other.top)
        known = stamps.get(name)
        if known is None or _wins(stamp, value, known, values[name], by_time=name in by_time):
            values[name] = value
            stamps[name] = stamp
    top = max(state.top, other.top)
    fields = _nested(values)
    if STATEMENTS in state.fields or STATEMENTS in other.fields:
        fields[STATEMENTS] = join_statements(statements_of(state), statements_of(other))
    return State(fields, top, {name: known for name, known in stamps.items() if known != top})


def merged_all(state: State | None, sources: Sequence[Record | State]) -> State:
    """Return the state with all the records of one thing, or with what others were merged to before."""
    for source in sources:
        if isinstance(source, Record):
            state = new_state(source) if state is None else merged(state, source)
        else:
            state = source if state is None else joined(state, source)
    assert state is not None
    return state


def statements_of(state: State) -> Mapping[str, object]:
    """Return what was stated of the status of a node; of a state of a former version the one status that counted."""
    return known_statements(state.fields, *state.lower.get("status", state.top))


def with_statements(state: State) -> State:
    """Return the state of a node, also of a former version, with what was stated of its status."""
    if "status" not in state.fields or STATEMENTS in state.fields:
        return state
    return State({**state.fields, STATEMENTS: statements_of(state)}, state.top, state.lower)


def derive(state: State, name: str, value: object) -> None:
    """Fill in a field that no record states, so that any record which does will replace it."""
    state.fields = {**state.fields, name: value}
    state.lower = {**state.lower, name: _DERIVED}


def same(left: State, right: State) -> bool:
    """Tell whether two states are equal, with 1, 1.0 and True told apart."""
    if left is right:
        return True
    if left.top != right.top or left.lower != right.lower or left.fields != right.fields:
        return False
    return content_order(left.fields) == content_order(right.fields)


def stamp_of_key(state: State, name: str, key: str) -> Stamp:
    """Return the stamp of one key of a map."""
    return state.lower.get(f"{name}{_MAP_SEPARATOR}{key}", state.top)


def encode_lower(lower: Mapping[str, Stamp]) -> dict[str, list[int]]:
    """Return the stamps of `State.lower` as JSON values."""
    return {name: list(stamp) for name, stamp in sorted(lower.items())}


def decode_lower(stored: Mapping[str, list[int]]) -> dict[str, Stamp]:
    """Return what `encode_lower` stored."""
    return {name: (rank, at) for name, (rank, at) in stored.items()}


def _wins(stamp: Stamp, value: object, known: Stamp, known_value: object, *, by_time: bool) -> bool:
    if stamp == known:
        return comes_after(value, known_value)
    if by_time and known != _DERIVED:
        return stamp[::-1] > known[::-1]
    return stamp > known


def _fields_of(record: Record) -> dict[str, object]:
    if record.kind is RecordKind.NODE:
        return with_statement(record.fields, record.rank, record.recorded_at)
    return record.fields


def _flat(fields: Mapping[str, object]) -> dict[str, object]:
    """Return fields with maps taken apart, and without statements, whose keys are their stamps."""
    flat: dict[str, object] = {}
    for name, value in fields.items():
        if name == STATEMENTS:
            continue
        if name in MAP_FIELDS and isinstance(value, dict):
            for key, part in value.items():  # pyright: ignore[reportUnknownVariableType]
                flat[f"{name}{_MAP_SEPARATOR}{key}"] = part
        else:
            flat[name] = value
    return flat


def _nested(flat: Mapping[str, object]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in flat.items():
        owner, separator, key = name.partition(_MAP_SEPARATOR)
        if separator:
            part = fields.setdefault(owner, {})
            assert isinstance(part, dict)
            part[key] = value
        else:
            fields[name] = value
    return fields
