"""From one service or process to another: which run, and under which event.

`traceparent` is that of W3C. It stays as it is where somebody else has set it, and can only carry ids of its own form;
so what counts is our own header beside it.
"""

from __future__ import annotations

from runreel.sdk.context import Place, current, leave
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.ids import new_id
from runreel.sdk.nothing import nothing_run
from runreel.sdk.quoting import quote
from runreel.sdk.recording import new_run, ready_client
from runreel.sdk.run import Run, RunPlace, find_open_run, usable_run_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping
    from types import TracebackType
    from typing import Any

RUN_HEADER = "runreel-run"
TRACE_HEADER = "traceparent"

_HEX = frozenset("0123456789abcdef")
_MAX_CHARS = 4_096


def inject(headers: MutableMapping[str, str] | None = None) -> MutableMapping[str, str]:
    """Put into headers where the code stands in a run, and return them; without headers, into a new dictionary.

    Outside of all runs nothing is put there. What comes out can be sent to a service, and pickled to a process.
    """
    carrier: MutableMapping[str, str] = {} if headers is None else headers
    place = current.get()
    if place is None:
        return carrier
    try:
        carried = carrier_of(place)
        if TRACE_HEADER not in carrier and "Traceparent" not in carrier and TRACE_HEADER in carried:
            carrier[TRACE_HEADER] = carried[TRACE_HEADER]
        carrier[RUN_HEADER] = carried[RUN_HEADER]
    except OWN_ERRORS as error:
        swallow("put a run into headers", error)
    return carrier


def extract(headers: Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]] | None) -> Extract:
    """Return a block in which everything belongs to the run that the headers tell, under the event that sent them.

    An agent called there becomes a child run. Without such headers the block changes nothing.
    """
    return Extract(headers)


class Extract:
    """A block in the run of another process. It gives the `Run`."""

    __slots__ = ("_headers", "_places")

    def __init__(self, headers: object) -> None:
        self._headers = headers
        self._places: list[RunPlace] = []

    def __enter__(self) -> Run:
        place = None
        try:
            place = _open(self._headers)
            if place is not None:
                self._places.append(place)
                current.set(place)
        except OWN_ERRORS as error:
            swallow("find a run in headers", error)
        except BaseException:
            # What wasn't entered is not left by anybody else.
            self._leave()
            raise
        if place is not None:
            return place.run
        around = current.get()
        return nothing_run() if around is None else around.run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._leave()
        except BaseException:
            # Once more, or what comes after a Ctrl-C that is caught would be recorded in here.
            self._leave()
            raise

    def _leave(self) -> None:
        """Leave where the block stood. In an order in which it can be repeated from wherever it was interrupted."""
        if self._places:
            place = self._places[-1]
            place.complete(None)
            leave(place)
            if place in self._places:
                self._places.remove(place)

    async def __aenter__(self) -> Run:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


class Carried:
    """A function with where it is to record; goes to another process if the function can."""

    __slots__ = ("carrier", "function")

    def __init__(self, function: Callable[..., Any], carrier: dict[str, str]) -> None:
        self.function = function
        self.carrier = carrier

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with extract(self.carrier):
            return self.function(*args, **kwargs)


def carrier_of(place: Place) -> dict[str, str]:
    """Write headers that tell a place."""
    run_id = place.run.run_id
    parts = [run_id, place.event_id or ""]
    if place.node_id is not None:
        from urllib.parse import quote as percent_encoded

        parts.append(percent_encoded(place.node_id, safe="", errors="replace"))
    carrier = {RUN_HEADER: ";".join(parts)}
    if len(run_id) == 32 and _HEX.issuperset(run_id):
        # The run itself has no span; W3C wants one all the same.
        carrier[TRACE_HEADER] = f"00-{run_id}-{place.event_id or new_id()}-01"
    return carrier


def _open(headers: object) -> RunPlace | None:
    client = ready_client()
    told = _read(headers) if client is not None else None
    if client is None or told is None:
        return None
    run_id, event_id, node_id = told
    run = find_open_run(client, run_id) or new_run(client, run_id, None, is_own=False)
    place = RunPlace(run, current.get(), capture_outputs=False)
    place.event_id = event_id
    place.node_id = node_id
    place.link = "" if event_id is None else f',"parent_event_id":{quote(event_id)}'
    if node_id is not None:
        place.link += f',"node_id":{quote(node_id)}'
    run.hold(place)
    return place


def _read(headers: object) -> tuple[str, str | None, str | None] | None:
    """Return run, event and node that headers tell; None where they tell no run."""
    text = _find(headers, RUN_HEADER)
    if text:
        run_id, _, rest = text.strip().partition(";")
        event_id, _, node_id = rest.partition(";")
        if usable_run_id(run_id) is not None:
            return run_id, event_id or None, _decoded(node_id)
        return None
    parts = (_find(headers, TRACE_HEADER) or "").strip().split("-")
    if len(parts) < 4 or len(parts[1]) != 32 or len(parts[2]) != 16 or not _HEX.issuperset(parts[1] + parts[2]):
        return None
    if not parts[1].strip("0") or not parts[2].strip("0"):
        return None
    return parts[1], parts[2], None


def _decoded(node_id: str) -> str | None:
    if not node_id:
        return None
    from urllib.parse import unquote

    return unquote(node_id, errors="replace")


def _find(headers: Any, name: str) -> str | None:
    """Return a header's value, whatever its case: from a mapping, or from pairs as ASGI has them."""
    if headers is None:
        return None
    pairs = headers.items() if hasattr(headers, "items") else headers
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:  # type: ignore[reportUnknownArgumentType]
            say_once("headers", "extract: give a mapping of headers, or pairs")
            return None
        key, value = _text(pair[0]), _text(pair[1])  # type: ignore[reportUnknownArgumentType]
        if key is not None and key.lower() == name:
            return value
    return None


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value[:_MAX_CHARS].decode("latin-1")
    return value[:_MAX_CHARS] if isinstance(value, str) else None
