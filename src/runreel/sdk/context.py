"""Where in which run the running code stands.

One context variable tells the innermost place. What is recorded there belongs to the place's run, under its event.
Tasks of asyncio start with a copy of their creator's; a place is left by setting its outer one, never by a token, since
a generator may be resumed and ended in another context than it began in.
"""

from __future__ import annotations

from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runreel.sdk.run import Run


class Place:
    """A place in a run: the run itself, or an event of it that may have others inside."""

    __slots__ = ("event_id", "is_open", "link", "node_id", "outer", "run")

    run: Run
    outer: Place | None
    event_id: str | None
    node_id: str | None
    # What a record of something inside says of where it is, as JSON text; None until it is asked for.
    link: str | None
    is_open: bool

    def make_link(self) -> str:
        """Write `link`; most events have nothing inside, so it isn't written before."""
        raise NotImplementedError


current: ContextVar[Place | None] = ContextVar("runreel_place", default=None)


def leave(place: Place) -> None:
    """Stand again where one stood before `place`, if that is where this context is.

    An undecorated generator may have left a place inside behind; another context may never have been in it.
    """
    now = current.get()
    if now is place or _is_inside(now, place):
        current.set(outer_of(place))


def outer_of(place: Place) -> Place | None:
    """Return the nearest place around that isn't over: blocks in generators don't always end in their order."""
    outer = place.outer
    while outer is not None and not outer.is_open:
        outer = outer.outer
    return outer


def _is_inside(inner: Place | None, place: Place) -> bool:
    while inner is not None:
        if inner is place:
            return True
        inner = inner.outer
    return False
