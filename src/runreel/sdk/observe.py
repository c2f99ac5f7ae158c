"""The names that users of the `gati` client know, for the same things."""

from __future__ import annotations

from runreel.sdk.decorator import agent, step, tool
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.lifecycle import flush, init, shutdown
from runreel.sdk.note import add_event
from runreel.sdk.overloading import overload
from runreel.sdk.usage import USAGE_FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeVar

    from runreel.sdk.block import EventBlock, RunBlock
    from runreel.sdk.client import FlushResult

    Function = TypeVar("Function", bound=Callable[..., Any])


# What its events call the same things, by where it goes here.
_NAMES = ("tool_name", "step_name", "node_name", "model")
_INPUTS = ("input", "prompt", "state_before")
_OUTPUTS = ("output", "completion", "state_after")
_DURATIONS = ("latency_ms", "duration_ms", "total_duration_ms")
_ENVELOPE = frozenset(
    [
        "event_type",
        "run_id",
        "run_name",
        "timestamp",
        "agent_name",
        "event_id",
        "parent_event_id",
        "previous_event_id",
        "data",
    ]
)
_FAILED = frozenset({"error", "failed", "failure"})


class Observe:
    """What `from gati import observe` gives, as far as it records."""

    __slots__ = ()

    def init(
        self,
        name: str,
        auto_inject: bool = True,  # noqa: ARG002 - as it is known
        *,
        api_key: str | None = None,
        environment: str | None = None,
        backend_url: str | None = None,
        **other: object,  # noqa: ARG002
    ) -> None:
        """Set up recording for the agent `name`; what only concerned the other client's own delivery is ignored.

        Raises:
            ConfigError: a setting can't be used.
        """
        init(name, api_key=api_key, environment=environment, url=backend_url)

    def flush(self, timeout_s: float = 10.0) -> FlushResult:
        """Wait until what was recorded is delivered, at most so long."""
        return flush(timeout_s)

    def shutdown(self, timeout_s: float | None = None) -> FlushResult:
        """End recording in this process."""
        return shutdown(timeout_s)

    def track_event(self, event: object) -> None:
        """Record an event of that client, or a dictionary like it, in the current run."""
        try:
            told = _told_by(event)
            if told is None:
                say_once("track_event", f"track_event: {type(event).__name__} is no event")
                return
            _add(told)
        except OWN_ERRORS as error:
            swallow("record a tracked event", error)


observe = Observe()


@overload
def track_agent(name: Function, /) -> Function: ...
@overload
def track_agent(name: str | None = None) -> RunBlock: ...
def track_agent(name: Any = None) -> Any:
    """Record each call as a run: `agent` under another name."""
    return agent(name)


@overload
def track_tool(name: Function, /) -> Function: ...
@overload
def track_tool(name: str | None = None) -> EventBlock: ...
def track_tool(name: Any = None) -> Any:
    """Record each call as an event of type `tool_call`: `tool` under another name."""
    return tool(name)


@overload
def track_step(name: Function, /) -> Function: ...
@overload
def track_step(name: str | None = None, metadata: Mapping[str, object] | None = None) -> EventBlock: ...
def track_step(name: Any = None, metadata: Mapping[str, object] | None = None) -> Any:
    """Record each call as an event of type `step`: `step` under another name."""
    return step(name, attributes=metadata)


def _told_by(event: Any) -> dict[str, Any] | None:
    if isinstance(event, dict):
        told: dict[str, Any] = dict(event)  # type: ignore[reportUnknownArgumentType]
    elif hasattr(event, "to_dict"):
        told = dict(event.to_dict())
    else:
        return None
    data = told.get("data")
    return {**told, **data} if isinstance(data, dict) else told


def _add(told: dict[str, Any]) -> None:
    event_type = told.get("event_type") or "info"
    rest = {key: value for key, value in told.items() if key not in _ENVELOPE}
    name = _taken(rest, _NAMES) or event_type
    error = rest.pop("error", None)
    if error is None and (rest.get("error_type") or rest.get("error_message")):
        error = {"type": rest.pop("error_type", None), "message": rest.pop("error_message", None)}
    status = rest.get("status")
    add_event(
        name,
        event_type=event_type,
        model=name if event_type == "llm_call" else None,
        inputs=_taken(rest, _INPUTS),
        outputs=_taken(rest, _OUTPUTS),
        error=error,
        status="failed" if status in _FAILED else None,
        duration_ms=_taken(rest, _DURATIONS),
        usage={key: rest.pop(key, None) for key in USAGE_FIELDS},
        attributes={key: value for key, value in rest.items() if value is not None},
    )


def _taken(rest: dict[str, Any], keys: Iterable[str]) -> Any:
    """Take the value of the first key that is there."""
    return next((rest.pop(key) for key in keys if rest.get(key) is not None), None)
