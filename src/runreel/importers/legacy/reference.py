"""Where rows of a run point: to its own nodes, steps and events, or to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runreel.importers.ledger import Ledger
from runreel.importers.legacy.node_book import NodeBook
from runreel.importers.legacy.workspace import Workspace
from runreel.importers.value import text_of

BY_STEP = "rows without a node were placed by their step"
_CUT_EVENTS = "references to events that are not in the run were cut off"
_CUT_STEPS = "references to steps that are not in the run were cut off"


class References:
    """Resolves what rows of one run name.

    `led` is where the ids of events that became part of others lead, `at` when the run was created.
    """

    def __init__(self, workspace: Workspace, ledger: Ledger, book: NodeBook, run: str, at: int) -> None:
        self.at = at
        self._workspace = workspace
        self._ledger = ledger
        self._book = book
        self._run = run
        self._steps: dict[str, str | None] = {}
        self.event_ids: set[str] = set()
        self.led: Mapping[str, str] = {}

    def node(self, node: Any, step: Any, extra: dict[str, Any], row_id: object, *, is_made: bool = False) -> str | None:
        """Return the node of a row: the one that it names, else that of its step, as rows of some tables have it."""
        node_id = self._book.find(node)
        step_id = None if step is None or step == "" else text_of(step)
        if step_id is None:
            return node_id
        of_step = self.step(step_id)
        if of_step is None:
            extra["original_step_id"] = step_id
            self._ledger.repaired(_CUT_STEPS, f"{row_id} → {step_id}")
        elif node_id is None:
            if not is_made:
                self._ledger.repaired(BY_STEP, row_id)
            return of_step
        elif node_id != of_step:
            extra["step_id"] = step_id
        return node_id

    def step(self, step_id: str) -> str | None:
        """Return the node of a step, if it is one of this run."""
        try:
            return self._steps[step_id]
        except KeyError:
            found = self._workspace.step(step_id)
            node_id = found[1] if found is not None and found[0] == self._run else None
            self._steps[step_id] = node_id
            return node_id

    def event(self, value: Any, extra: dict[str, Any], row_id: object) -> str | None:
        """Return the id of the event that a row names, if it is one of this run."""
        if value is None or value == "":
            return None
        event_id = text_of(value)
        if event_id is None:
            return None
        event_id = self.led.get(event_id, event_id)
        if event_id in self.event_ids:
            return event_id
        extra["original_event_id"] = event_id
        self._ledger.repaired(_CUT_EVENTS, f"{row_id} → {event_id}")
        return None

    def new_id(self, wanted: str) -> str:
        """Return an id for an event that no row has, and take it."""
        event_id, n = wanted, 1
        while event_id in self.event_ids or event_id in self.led:
            n += 1
            event_id = f"{wanted} ({n})"
        self.event_ids.add(event_id)
        return event_id
