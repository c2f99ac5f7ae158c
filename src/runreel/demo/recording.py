"""What happens in one run, as records of Runreel's native dialect.

A record is a dictionary. What takes time is told twice: a record of phase `start` when it begins, so that it can be
watched, and one of phase `end` when it is over. The server merges them by their ids.
"""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import uuid4

from runreel.demo.errors import StoppedError

Record: TypeAlias = dict[str, object]
Clock: TypeAlias = Callable[[], datetime]


@dataclass(slots=True)
class OpenEvent:
    """An event that goes on; what is set here is told when it ends."""

    event_id: str
    node_id: str | None
    outputs: object = None
    usage: Mapping[str, object] | None = None
    attributes: Mapping[str, object] | None = None
    error: BaseException | None = None


class Recording:
    """Tells of one run. `send` gets each record at once and keeps it until the server has it."""

    def __init__(
        self,
        send: Callable[[Record], None],
        *,
        run_id: str,
        agent_name: str,
        now: Clock = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self.run_id = run_id
        self.agent_name = agent_name
        self._send = send
        self._now = now
        self._new_id = new_id
        self._sequence = itertools.count(1)
        self._started_at = self._time()

    def run_began(self, **fields: object) -> None:
        """Tell of the run itself, before anything in it."""
        self._add("run", phase="start", agent_name=self.agent_name, started_at=self._started_at, **fields)

    def run_is(self, status: str) -> None:
        """Tell that the run goes on in another status."""
        self._add("run", phase="start", started_at=self._started_at, status=status)

    def run_ended(self, status: str, *, outputs: object = None, error: BaseException | None = None) -> None:
        """Tell how the run ended."""
        self._add("run", phase="end", status=status, ended_at=self._time(), outputs=outputs, error=describe(error))

    def node_planned(self, node_id: str, **fields: object) -> None:
        """Tell of a stage of the workflow that has not begun."""
        self._add("node", phase="start", node_id=node_id, status="pending", **fields)

    def node_skipped(self, node_id: str) -> None:
        """Tell that a stage will not be reached."""
        self._add("node", phase="end", node_id=node_id, status="skipped")

    def edge(self, source: str, target: str) -> None:
        """Tell that one stage follows another."""
        self._add("edge", source=source, target=target, edge_type="sequential")

    @contextmanager
    def node(self, node_id: str) -> Generator[str]:
        """Tell that a stage runs, and how it ended."""
        self._add("node", phase="start", node_id=node_id, status="running", started_at=self._time())
        failure: BaseException | None = None
        try:
            yield node_id
        except BaseException as error:
            failure = error
            raise
        finally:
            end = {"status": status_after(failure), "error": describe(failure)}
            self._add("node", phase="end", node_id=node_id, ended_at=self._time(), **end)

    @contextmanager
    def event(
        self, event_type: str, name: str, *, node_id: str | None, parent: OpenEvent | None = None, **fields: object
    ) -> Generator[OpenEvent]:
        """Tell that something happens, and how it ended: a call, an execution."""
        event = OpenEvent(self._new_id(), node_id)
        self._add(
            "event",
            phase="start",
            event_id=event.event_id,
            event_type=event_type,
            name=name,
            node_id=node_id,
            parent_event_id=parent.event_id if parent else None,
            agent_name=self.agent_name,
            sequence=next(self._sequence),
            started_at=self._time(),
            **fields,
        )
        # Wall clocks are set back now and then; a duration is measured by one that is not.
        began = time.perf_counter()
        try:
            yield event
        except BaseException as error:
            event.error = error
            raise
        finally:
            self._event_ended(event, duration_ms=round((time.perf_counter() - began) * 1000, 3))

    def message(self, sender: str, recipient: str, content: object, *, node_id: str) -> None:
        """Tell what one agent said to another, or to a person."""
        said = {"sender": sender, "recipient": recipient, "content": content}
        self._add("message", message_id=self._new_id(), sent_at=self._time(), node_id=node_id, **said)

    def file(self, path: str, *, by: OpenEvent, **fields: object) -> None:
        """Tell of a file that the run produced."""
        made = {"node_id": by.node_id, "event_id": by.event_id, "agent_name": self.agent_name}
        self._add("file", file_id=self._new_id(), path=path, created_at=self._time(), **made, **fields)

    def _event_ended(self, event: OpenEvent, *, duration_ms: float) -> None:
        self._add(
            "event",
            phase="end",
            event_id=event.event_id,
            status=status_after(event.error),
            ended_at=self._time(),
            duration_ms=duration_ms,
            outputs=event.outputs,
            usage=event.usage,
            attributes=event.attributes,
            error=describe(event.error),
        )

    def _add(self, kind: str, **fields: object) -> None:
        known = {key: value for key, value in fields.items() if value is not None}
        self._send({"record": kind, "run_id": self.run_id, "recorded_at": self._time(), **known})

    def _time(self) -> str:
        return self._now().isoformat(timespec="microseconds")


def session_record(session_id: str, name: str) -> Record:
    """Tell of a session, which groups runs of any agents."""
    return {"record": "session", "session_id": session_id, "name": name}


def status_after(error: BaseException | None) -> str:
    """Return the status of what ended with this error, or without one."""
    if error is None:
        return "completed"
    return "cancelled" if isinstance(error, StoppedError) else "failed"


def describe(error: BaseException | None) -> Record | None:
    """Return an error as records hold it."""
    if error is None or isinstance(error, StoppedError):
        return None
    stack = "".join(traceback.format_exception(error))
    return {"type": type(error).__name__, "message": str(error), "stack": stack}
