"""How far a run is with its plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_ORDINALS: Final = (*("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Which step a run is at, or was at last: its place among all steps from 1, and how often it was tried."""

    place: int
    n_steps: int
    node_id: str
    name: str
    attempt: int
    max_attempts: int | None

    @property
    def text(self) -> str:
        """The same in words."""
        where = f"step {self.place} of {self.n_steps}"
        if self.attempt <= 1:
            return where
        known = self.attempt <= len(_ORDINALS)
        return f"{where}, " + (f"{_ORDINALS[self.attempt - 1]} attempt" if known else f"attempt {self.attempt}")
