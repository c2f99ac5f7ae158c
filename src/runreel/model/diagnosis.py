"""What an examination of a store found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it must be. `subject` says of what; totals can be counted anew, the rest can't."""

    check: str
    subject: str
    detail: str
    is_repairable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was looked at and what was found; `n_findings` counts also those that are not listed."""

    n_runs: int
    n_events: int
    findings: tuple[Finding, ...]
    n_findings: int
    n_repaired: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged now."""
        return self.n_findings == 0
