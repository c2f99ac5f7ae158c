"""What became of one request to the server."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

TAKEN = "taken"
REFUSED = "refused"  # as a whole, for what is in it
LATER = "later"  # no answer, or one that says so: the same again after a while
BLOCKED = "blocked"  # whatever is sent: a wrong key, a wrong address

# The server hasn't heard of what was asked about; it may be on its way there.
UNKNOWN_STATUS = 404


class Answer:
    """What became of one request, and what to tell whoever watches."""

    __slots__ = ("detail", "is_problem", "kind", "names", "refused", "retry_after_s", "status")

    def __init__(
        self,
        kind: str,
        *,
        status: int | None = None,
        detail: str = "",
        is_problem: bool = False,
        retry_after_s: float = 0.0,
        refused: Sequence[tuple[int, str]] = (),
        names: Sequence[tuple[str, str | None]] = (),
    ) -> None:
        self.kind = kind
        self.status = status  # None: nobody answered, or not as a Runreel does
        self.detail = detail
        self.is_problem = is_problem  # it is Runreel that says so, and no proxy before it
        self.retry_after_s = retry_after_s
        self.refused = refused  # place in the batch, reason
        self.names = names  # run_id, its name as far as it has one
