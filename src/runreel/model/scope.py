"""Who asks, and what they may see: decided once for each request, from its credential."""

from __future__ import annotations

from dataclasses import dataclass

from runreel.model.vocabulary import DEFAULT_PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The first argument of every store method."""

    project: str = DEFAULT_PROJECT
    user: str | None = None
    role: str = "owner"
