"""What users of the API get where nothing is recorded: a run and an event of which everything is said in vain."""

from __future__ import annotations

from runreel.sdk.event import Event, EventKind
from runreel.sdk.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from runreel.sdk.client import Client


def nothing_run() -> Run:
    """Return a run that is not recorded; its id is empty."""
    client: Client = _NoClient()  # type: ignore[assignment]
    run = Run(client, _NoValues(), None, None)  # type: ignore[arg-type]
    run.run_id = ""
    return run


def nothing_event() -> Event:
    """Return an event that is not recorded."""
    return Event(nothing_run(), None, None, EventKind("info", "nothing"))


class _NoValues:
    """Describes no value."""

    def text(self, _value: object, _owner: object = None) -> str:
        return "null"

    def mapping(self, _names: Sequence[str], _values: Sequence[object], _owner: object = None) -> str:
        return "{}"

    def describe_error(self, _error: BaseException, _owner: object = None) -> str:
        return "null"


class _NoClient:
    """Takes records, and lets them go."""

    recorder_id = ""

    def add(self, run: Run, record: bytes, is_last_word: bool = False) -> None:
        pass

    def open_run(self, run: Run) -> None:
        pass

    def close_run(self, run: Run) -> None:
        pass

    def name_of(self, _run_id: str) -> str | None:
        return None
