"""Which run a thread of checkpoints is at, so that a graph that goes on does so in its run.

A run that a new input begins has the id of that input's checkpoint. So every process can tell the run that a thread is
at: by asking for the thread's latest checkpoint of an input.
"""

from __future__ import annotations

from typing import Any

from runreel.integrations.langgraph import engine

# Of so many threads it is remembered which run is not completed; all others are asked for.
_MAX_THREADS = 4_096


class Threads:
    """The runs of this process that may go on, by graph and thread."""

    def __init__(self) -> None:
        self._run_ids: dict[tuple[object, str], str] = {}

    def find_run(self, graph: object, thread_id: str) -> str | None:
        """Return the run that a graph is at in this thread."""
        return self._run_ids.get((graph, thread_id))

    def remember(self, graph: object, thread_id: str, run_id: str) -> None:
        """Note that a run may go on."""
        self._run_ids.pop((graph, thread_id), None)
        self._run_ids[graph, thread_id] = run_id
        if len(self._run_ids) > _MAX_THREADS:
            self._run_ids.pop(next(iter(self._run_ids)), None)

    def forget(self, graph: object, thread_id: str) -> None:
        """Note that a run is completed."""
        self._run_ids.pop((graph, thread_id), None)


threads = Threads()


def ask_for_run(config: object) -> str | None:
    """Return the run that a thread is at, as its checkpoints tell. Reads one of them."""
    saver = engine.saver_of(config)
    found = None if saver is None else next(iter(saver.list(_thread(config), filter=_OF_INPUT, limit=1)), None)
    return _id_of(found)


async def ask_for_run_async(config: object) -> str | None:
    """Return the run that a thread is at, as its checkpoints tell. Reads one of them."""
    saver = engine.saver_of(config)
    if saver is None:
        return None
    async for found in saver.alist(_thread(config), filter=_OF_INPUT, limit=1):
        return _id_of(found)
    return None


_OF_INPUT = {"source": "input"}


def _thread(config: object) -> dict[str, Any]:
    return {"configurable": {"thread_id": engine.thread_of(config), "checkpoint_ns": ""}}


def _id_of(found: Any) -> str | None:
    checkpoint_id = None if found is None else found.checkpoint["id"]
    return checkpoint_id if type(checkpoint_id) is str else None
