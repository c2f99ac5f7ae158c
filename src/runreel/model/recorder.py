"""A recorder: one client in one process, which numbers its records of a run, and what that says of a run."""

from __future__ import annotations

from dataclasses import dataclass

MAX_NUMBER = 10**12
"""The highest number that a record may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """How much has come of what the recorders of a run have numbered.

    `n_expected` counts every number that a recorder has given, as far as is known; `n_dropped` are those that it says
    it could not keep.
    """

    n_received: int
    n_expected: int
    n_dropped: int
    n_recorders: int

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is missing of what is known to have been recorded."""
        return self.n_received >= self.n_expected and not self.n_dropped
