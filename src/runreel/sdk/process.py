"""What happens to the process: it forks, or ends. Tells the client in use."""

from __future__ import annotations

import atexit
import os
import sys

from runreel.sdk import guard

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.client import Client


class _Watch:
    """What is known of this process."""

    def __init__(self) -> None:
        self.is_installed = False
        self.stopped: Client | None = None
        self.before_exit: Callable[[], None] | None = None
        self.ends_in: int | None = None  # the pids in which these things were done: a child has its own end
        self.watched_in: int | None = None


_watch = _Watch()


def install() -> None:
    """Watch forks and the end of this process; once."""
    if _watch.is_installed:
        return
    _watch.is_installed = True
    # Now, and not by our thread when it has something to say: a module that watches forks itself must not be imported
    # in the middle of one.
    import logging  # noqa: F401  # pyright: ignore[reportUnusedImport]

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)


def watch_exit() -> None:
    """See to it that what waits when this process ends is delivered, as far as that is a matter of moments.

    Not by `threading._register_atexit`: when exit handlers are called, executors and threads of the host have ended,
    and have recorded that.
    """
    if _watch.watched_in == os.getpid():
        return
    _watch.watched_in = os.getpid()
    # A forked child inherits it, unless `multiprocessing` has cleared that, as it does from Python 3.14 on.
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)
    processes, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
    if processes is not None and util is not None and processes.parent_process() is not None:
        # Such a child leaves without the interpreter's own exit. Lower than any: after queues and pools of the host.
        util.Finalize(None, _at_exit, exitpriority=-1_000_000)


def end_with(last: Callable[[], None]) -> None:
    """Have this done at the end of the process, before what waits is delivered."""
    _watch.before_exit = last


def _client() -> Client | None:
    # Not at the top: the client needs this module.
    from runreel.sdk.client import current_client

    return current_client()


def _before_fork() -> None:
    with guard.never_raise("stop delivering for a fork"):
        client = _client()
        _watch.stopped = client if client is not None and client.stop_before_fork() else None


def _after_in_parent() -> None:
    with guard.never_raise("go on delivering after a fork"):
        stopped, _watch.stopped = _watch.stopped, None
        if stopped is not None:
            stopped.start()


def _after_in_child() -> None:
    with guard.never_raise("begin anew in a forked process"):
        # Not at the top: the client needs this module.
        from runreel.sdk.client import begin_in_child

        _watch.stopped = None
        begin_in_child()


def _at_exit() -> None:
    from runreel.sdk.client import PATIENCE_S

    is_first, _watch.ends_in = _watch.ends_in != os.getpid(), os.getpid()
    try:
        if _watch.before_exit is not None:
            _watch.before_exit()
        client = _client()
        if client is not None:
            # A child may come here twice, and must not wait twice.
            client.shutdown(patience_s=PATIENCE_S if is_first else PATIENCE_S / 4)
    except KeyboardInterrupt:
        # Somebody is in a hurry; what waits is in the journal.
        pass
