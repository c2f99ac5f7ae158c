"""Colours and the signs that lines are drawn with."""

from __future__ import annotations

from dataclasses import dataclass, fields

from runreel.model.vocabulary import ENDED_RUN_STATUSES


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
        if status == "completed":
            return self.good
        if status in {"failed", "lost"}:
            return self.bad
        return self.faint if status in QUIET_STATUSES else self.busy


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
    completed: str
    failed: str
    busy: str
    quiet: str

    def all(self) -> tuple[str, ...]:
        """Return every sign."""
        return tuple(str(getattr(self, field.name)) for field in fields(self))

    def sign_of(self, status: str | None) -> str:
        """Return the sign of a status of a run, a node or an event."""
        if status == "completed":
            return self.completed
        if status in {"failed", "lost"}:
            return self.failed
        return self.quiet if status in QUIET_STATUSES else self.busy


# Whatever neither went well nor badly and will not go on by itself.
QUIET_STATUSES = frozenset({"draft", "pending", "skipped"}) | (ENDED_RUN_STATUSES - {"completed", "failed", "lost"})

PLAIN = Palette()
TERMINAL = Palette(
    good="\x1b[32m", bad="\x1b[31m", busy="\x1b[36m", faint="\x1b[2m", strong="\x1b[1m", reset="\x1b[0m"
)
UNICODE = Glyphs(
    branch="├── ",
    last_branch="└── ",
    trunk="│   ",
    gap="    ",
    ellipsis="…",
    dot=" · ",
    arrow="→",
    dash="–",
    completed="✓",
    failed="✗",
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
    completed="+",
    failed="x",
    busy="*",
    quiet="o",
)
