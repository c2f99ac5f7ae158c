"""What one transaction brings to one run: its records, sorted by what they speak of."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import cast

from runreel.model.record import Record, RecordKind, split_edge_key
from runreel.storage.merge import State
from runreel.storage.sql.recorder_row import RecorderRow

# Looked up once: members of an enum are slow to reach.
_EVENT, _RUN, _RECORDER = RecordKind.EVENT, RecordKind.RUN, RecordKind.RECORDER


# A record, or what the records of a thing were merged to elsewhere.
Source = Record | State


@dataclass(slots=True)
class Work:
    """What a transaction brings to one run; `nodes` are ids that it names beside those in its records.

    Of each recorder, `numbers` are those of its records, `statements` what it says itself, and `recorder_rows` what is
    known of it elsewhere.
    """

    project: str
    run_id: str
    run_pk: int
    run_records: list[Record] = field(default_factory=list[Record])
    events: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    others: dict[RecordKind, dict[str, list[Source]]] = field(default_factory=dict[RecordKind, dict[str, list[Source]]])
    nodes: set[str] = field(default_factory=set[str])
    numbers: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    statements: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    recorder_rows: dict[str, RecorderRow] = field(default_factory=dict[str, RecorderRow])
    batches: set[int] = field(default_factory=set[int])

    def add(self, batch: int, record: Record) -> None:
        """Take one record of a batch."""
        kind = record.kind
        if kind is _EVENT:
            known = self.events.get(record.key)
            if known is None:
                self.events[record.key] = [record]
            else:
                known.append(record)
        elif kind is _RUN:
            self.run_records.append(record)
        elif kind is _RECORDER:
            self.statements.setdefault(record.key, []).append(record)
        else:
            self.others.setdefault(kind, {}).setdefault(record.key, []).append(record)
        if record.origin is not None:
            recorder_id, number = record.origin
            numbers = self.numbers.get(recorder_id)
            if numbers is None:
                self.numbers[recorder_id] = [number]
            else:
                numbers.append(number)
        self.batches.add(batch)

    def recorder_ids(self) -> list[str]:
        """Return the ids of the recorders that something came of, in order."""
        return sorted({*self.numbers, *self.statements, *self.recorder_rows})

    def named_nodes(self) -> set[str]:
        """Return the ids of all nodes that these records name, except those that a node record declares."""
        named = {
            cast("str", record.fields["node_id"])
            for record in chain.from_iterable((*self.events.values(), *self._records_in_nodes()))
            if "node_id" in record.fields
        }
        named |= self.nodes
        for key in self.others.get(RecordKind.EDGE, ()):
            named.update(split_edge_key(key)[:2])
        declared = self.others.get(RecordKind.NODE, {})
        named.update(
            cast("str", record.fields["parent_node_id"])
            for record in chain.from_iterable(declared.values())
            if record.fields.get("parent_node_id") is not None
        )
        return named.difference(declared)

    def _records_in_nodes(self) -> list[list[Source]]:
        return [
            records for kind in (RecordKind.MESSAGE, RecordKind.FILE) for records in self.others.get(kind, {}).values()
        ]
