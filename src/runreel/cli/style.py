"""Colours and the signs that lines are drawn with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum

from runreel.model.vocabulary import ENDED_RUN_STATUSES


class Outcome(Enum):
    """What a status of a run, a node or an event means to whoever looks at it."""

    GOOD = "good"
    BAD = "bad"
    BUSY = "busy"
    QUIET = "quiet"


def outcome_of(status: str | None) -> Outcome:
    """Sort a status; an unknown one counts as something that goes on."""
    if status == "completed":
        return Outcome.GOOD
    if status in {"failed", "lost"}:
        return Outcome.BAD
    return Outcome.QUIET if status in _QUIET_STATUSES else Outcome.BUSY


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The escape sequences that begin a style; `reset` ends any of them."""

    good: str = ""
    bad: str = ""
    busy: str = ""
    faint: str = ""
    strong: str = ""
    reset: str = ""

    def paint(self, text: str, style: str) -> str:
        """Return `text` in one of this palette's styles."""
        return f"{style}{text}{self.reset}" if style and text else text

    def style_of(self, status: str | None) -> str:
        """Return the style of a status of a run, a node or an event."""
        styles = {
            Outcome.GOOD: self.good,
            Outcome.BAD: self.bad,
            Outcome.BUSY: self.busy,
            Outcome.QUIET: self.faint,
        }
        return styles[outcome_of(status)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The signs of trees, cut-off text and statuses."""

    branch: str
    last_branch: str
    trunk: str
    gap: str
    ellipsis: str
    dot: str
    arrow: str
    dash: str
    good: str
    bad: str
    busy: str
    quiet: str

    def all(self) -> tuple[str, ...]:
        """Return every sign."""
        return tuple(str(getattr(self, field.name)) for field in fields(self))

    def sign_of(self, status: str | None) -> str:
        """Return the sign of a status of a run, a node or an event."""
        signs = {
            Outcome.GOOD: self.good,
            Outcome.BAD: self.bad,
            Outcome.BUSY: self.busy,
            Outcome.QUIET: self.quiet,
        }
        return signs[outcome_of(status)]


# Whatever went neither well nor badly and does not go on by itself.
_QUIET_STATUSES = frozenset({"draft", "pending", "skipped"}) | (ENDED_RUN_STATUSES - {"completed", "failed", "lost"})

PLAIN = Palette()
TERMINAL = Palette(good="\x1b[32m", bad="\x1b[31m", busy="\x1b[36m", faint="\x1b[2m", strong="\x1b[1m", reset="\x1b[0m")
UNICODE = Glyphs(
    branch="├── ",
    last_branch="└── ",
    trunk="│   ",
    gap="    ",
    ellipsis="…",
    dot=" · ",
    arrow="→",
    dash="–",
    good="✓",
    bad="✗",
    busy="●",
    quiet="○",
)
ASCII = Glyphs(
    branch="|-- ",
    last_branch="`-- ",
    trunk="|   ",
    gap="    ",
    ellipsis="...",
    dot=", ",
    arrow="->",
    dash="-",
    good="+",
    bad="x",
    busy="*",
    quiet="o",
)
