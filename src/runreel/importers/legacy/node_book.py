"""The nodes of one run: its own rows, and every node that something of the run names, whoever owns the name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from runreel.importers.identity import name_of
from runreel.importers.ledger import Ledger
from runreel.importers.legacy.plan_fields import plan_fields
from runreel.importers.legacy.workspace import NodeRow, Workspace
from runreel.importers.part import record_of, thing_of
from runreel.importers.value import beside, clean, integer_of, mapping_of, text_of
from runreel.model.bundle import ThingPart
from runreel.model.name import repair_name
from runreel.model.record import Rank, Record, RecordKind, edge_key
from runreel.wire.field import MAX_INTEGER, key_text_of
from runreel.wire.field import text_of as short_text_of

MAX_TASK_LENGTH = 10_000

_HASHED = re.compile(r"[0-9a-f]{32}")
_STEP = re.compile(r"step_([0-9]{1,6})")
_N_STEPS = 50
# What the system calls the nodes of its modes.
_KNOWN_IDS = (
    "planning",
    "control",
    "init",
    "execute",
    "terminator",
    "process",
    "output",
    "filter",
    "download",
    "enhance",
    "human_review",
    *(f"step_{n}" for n in range(1, _N_STEPS + 1)),
    *(f"idea_{role}_{n}" for role in ("maker", "hater") for n in range(1, 6)),
)
_N_LEARNT_IDS = 500
_STATUS_WORDS = {"error": "failed", "success": "completed", "done": "completed", "canceled": "cancelled"}


def node_status_of(value: object) -> str | None:
    """Return the status of a node or step in the one spelling."""
    status = short_text_of(text_of(value))
    return None if status is None else _STATUS_WORDS.get(status.lower(), status.lower())


def hashed_id(run: str, short_id: str) -> str:
    """Return the id that later versions gave a node."""
    return hashlib.md5(f"{run}:{short_id}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def short_id_of(raw_id: str, run: str, meta: Mapping[str, object]) -> str:
    """Return the id that a node has within its run: the one behind a hash, where that is known.

    What the hash proves counts over what the row says.
    """
    if not _HASHED.fullmatch(raw_id):
        return name_of(raw_id)
    stated = meta.get("id")
    inner = clean(stated) if type(stated) is str else ""
    if inner and hashed_id(run, inner) == raw_id:
        return name_of(inner)
    known = _known_hashes(run).get(raw_id)
    if known is not None:
        return known
    return name_of(inner if inner and not _HASHED.fullmatch(inner) else raw_id)


@lru_cache(maxsize=64)
def _known_hashes(run: str) -> Mapping[str, str]:
    return {hashed_id(run, short_id): short_id for short_id in _KNOWN_IDS}


@dataclass(slots=True)
class NodeDraft:
    """A node while its run is converted."""

    node_id: str
    raw_ids: set[str] = field(default_factory=set[str])
    own_ids: set[str] = field(default_factory=set[str])
    records: list[Record] = field(default_factory=list[Record])
    is_made: bool = True
    has_events: bool = False


class NodeBook:
    """Knows the nodes of one run by the ids that its rows name them by."""

    def __init__(self, workspace: Workspace, ledger: Ledger, run: str, at: int) -> None:
        self._workspace = workspace
        self._ledger = ledger
        self._run = run
        self._at = at
        self._drafts: dict[str, NodeDraft] = {}
        self._ids: dict[str, str] = {}
        self._hashes: dict[str, str] | None = None
        self._own: list[NodeRow] = workspace.nodes_of(run)
        for row in self._own:
            if row.node_id in self._drafts:
                ledger.merged("dag_nodes")
            else:
                ledger.stored("dag_nodes")
            if row.node_id != row.raw_id:
                ledger.repaired("hashed or unusable node ids became short ids again", f"{row.raw_id} → {row.node_id}")
            draft = self._draft(row.node_id)
            draft.is_made = False
            draft.own_ids.add(row.raw_id)
            self._know(row.raw_id, draft)

    def find(self, value: object) -> str | None:
        """Return the id that a node has in this run, by the id that a row names; it is made where the run has none."""
        if value is None or value == "":
            return None
        raw_id = value if type(value) is str and value.isascii() else text_of(value)
        if raw_id is None:
            return None
        try:
            return self._ids[raw_id]
        except KeyError:
            return self._make(raw_id)

    def note_event(self, node_id: str) -> None:
        """Take note that the node has an event."""
        self._drafts[node_id].has_events = True

    def describe(self, node_id: str, record: Record) -> None:
        """Take what something in the run says of a node."""
        self._drafts[node_id].records.append(record)

    def declare(self, node_id: str) -> str:
        """Return the id of a node that a row declares as one of this run."""
        found = self.find(node_id)
        assert found is not None
        self._drafts[found].is_made = False
        return found

    def parts(self) -> Iterator[ThingPart]:
        """Yield the nodes."""
        for row in self._own:
            self._describe_own(row)
        for node_id, draft in sorted(self._drafts.items()):
            records = draft.records or [record_of(RecordKind.NODE, node_id, self._at, {}, rank=Rank.INFERRED)]
            self._ledger.sent("nodes")
            if draft.is_made:
                self._ledger.made("nodes")
                self._ledger.repaired(
                    "runs got nodes of their own for names that they use", f"{node_id} in {self._run}"
                )
            yield thing_of(records)

    def edges(self) -> Iterator[ThingPart]:
        """Yield the edges among the nodes of the run."""
        found: dict[str, Record] = {}
        for raw_id in sorted(raw_id for draft in self._drafts.values() for raw_id in draft.own_ids or draft.raw_ids):
            for edge in self._workspace.find_edges(raw_id):
                source, target = self._ids.get(raw_id), self._ids.get(edge.target)
                if source is None or target is None:
                    continue
                is_first = not self._workspace.is_placed(edge.number)
                record = _edge_record(source, target, edge.data, self._at)
                is_twice = record.key in found
                self._workspace.place_edge(edge.number)
                if is_first:
                    (self._ledger.merged if is_twice else self._ledger.stored)("dag_edges")
                if is_twice:
                    continue
                found[record.key] = record
                self._ledger.sent("edges")
                if not is_first:
                    self._ledger.made("edges")
        for _, record in sorted(found.items()):
            yield thing_of([record])

    def _draft(self, node_id: str) -> NodeDraft:
        return self._drafts.setdefault(node_id, NodeDraft(node_id))

    def _know(self, raw_id: str, draft: NodeDraft) -> None:
        self._ids[raw_id] = draft.node_id
        draft.raw_ids.add(raw_id)

    def _make(self, raw_id: str) -> str:
        row = self._workspace.find_node(raw_id)
        # A row of another run may say anything; that a hash is of this run proves itself.
        proven = self._unhashed(raw_id)
        if row is not None and proven in (None, row.node_id):
            node_id = row.node_id
            record = record_of(RecordKind.NODE, node_id, 1, _shared_fields(row.data), rank=Rank.INFERRED)
        else:
            node_id, record = proven or name_of(raw_id), None
        if node_id != raw_id:
            self._ledger.repaired("hashed or unusable node ids became short ids again", f"{raw_id} → {node_id}")
        draft = self._draft(node_id)
        if record is not None:
            draft.records.append(record)
        elif (step := _STEP.fullmatch(node_id)) is not None:
            fields: dict[str, object] = {"order_index": int(step[1])}
            draft.records.append(record_of(RecordKind.NODE, node_id, 0, fields, rank=Rank.INFERRED))
        self._know(raw_id, draft)
        return node_id

    def _unhashed(self, raw_id: str) -> str | None:
        if not _HASHED.fullmatch(raw_id):
            return None
        if self._hashes is None:
            learnt = {hashed_id(self._run, each): each for each in self._workspace.short_ids(_N_LEARNT_IDS)}
            self._hashes = {**learnt, **_known_hashes(self._run)}
        return self._hashes.get(raw_id)

    def _describe_own(self, row: NodeRow) -> None:
        draft, data = self._drafts[row.node_id], row.data
        fields = _shared_fields(data)
        status = node_status_of(data.get("status"))
        metadata = dict(mapping_of(data.get("meta"))) if type(data.get("meta")) is dict else {}
        if data.get("meta") is not None and not metadata:
            metadata["meta"] = data["meta"]
        if metadata.get("id") == row.node_id:
            del metadata["id"]
        rest = cast("dict[str, object]", data.get("rest") or {})
        metadata = beside(metadata, {**rest, "original_node_id": row.raw_id if row.raw_id != row.node_id else None})
        if status == "pending" and draft.has_events:
            # Such a row was written before the node began, and never again.
            metadata["recorded_status"] = status
            status = None
        for of_step in [record.fields for record in draft.records if record.rank == Rank.END]:
            status = _left_to_step(status, metadata, of_step)
        parent = text_of(data.get("parent_node_id"))
        fields |= {
            "status": status,
            "parent_node_id": self._ids.get(parent) if parent else None,
            "metadata": metadata,
            **plan_fields(metadata),
        }
        if parent and fields["parent_node_id"] is None:
            metadata["original_parent_node_id"] = parent
            self._ledger.repaired("parents of nodes that are not in the run were cut off", f"{row.raw_id} → {parent}")
        draft.records.append(record_of(RecordKind.NODE, row.node_id, self._at, fields, rank=Rank.START))


def _left_to_step(status: str | None, metadata: dict[str, object], of_step: Mapping[str, object]) -> str | None:
    """Return the status of a node's row unless its step has one, which knows its time; keep what the step hides."""
    known = of_step.get("status")
    if status is not None and known is not None:
        metadata |= {} if status == known else {"recorded_status": status}
        status = None
    said = mapping_of(of_step.get("metadata"))
    if hidden := {key: value for key, value in metadata.items() if said.get(key, value) != value}:
        metadata["node_meta"] = hidden
    return status


def _shared_fields(data: Mapping[str, Any]) -> dict[str, object]:
    """Return what a row says of a node whatever the run."""
    meta = mapping_of(data.get("meta"))
    agent = text_of(data.get("agent"))
    return {
        "node_type": short_text_of(text_of(data.get("node_type"))),
        "name": short_text_of(meta.get("label")),
        "agent_name": repair_name(agent) if agent else None,
        "order_index": order_of(data.get("order_index")),
    }


def order_of(value: object) -> int | None:
    """Return a place in an order."""
    number = integer_of(value)
    return number if number is not None and -MAX_INTEGER <= number <= MAX_INTEGER else None


def described(node_id: str, info: Mapping[str, object], at: int) -> Record:
    """Return what an event of the run tells of its node."""
    agent = info.get("agent")
    goal = info.get("goal") or info.get("description")
    metadata = {
        key: value
        for key, value in info.items()
        if key not in ("id", "label", "type", "agent", "step_number", "goal", "status") and value not in (None, "", [])
    }
    fields: dict[str, object] = {
        "node_type": short_text_of(info.get("type")),
        "name": short_text_of(info.get("label")),
        "agent_name": repair_name(agent) if type(agent) is str and agent else None,
        "order_index": order_of(info.get("step_number")),
        "goal": goal[:MAX_TASK_LENGTH].replace("\0", " ") if type(goal) is str and goal else None,
        "metadata": metadata,
        **plan_fields(info),
    }
    return record_of(RecordKind.NODE, node_id, at, fields, rank=Rank.INFERRED)


def _edge_record(source: str, target: str, data: Mapping[str, Any], at: int) -> Record:
    sent = data.get("condition")
    condition = key_text_of(sent if type(sent) is str else text_of(sent)) or ""
    edge_type = short_text_of(text_of(data.get("type"))) or "sequential"
    metadata: dict[str, object] = dict(data.get("rest") or {})
    if type(sent) is str and sent and sent != condition:
        metadata["original_condition"] = sent
    key = edge_key(source, target, edge_type, condition)
    return record_of(RecordKind.EDGE, key, at, {"metadata": metadata}, rank=Rank.START)
