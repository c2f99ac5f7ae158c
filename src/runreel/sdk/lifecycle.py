"""From `init` to `shutdown`."""

from __future__ import annotations

from runreel.sdk import client as clients
from runreel.sdk.implicit import end_implicit_run
from runreel.sdk.threads import follow_threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    from runreel.sdk.client import FlushResult


def init(
    agent: str | None = None,
    *,
    url: str | None = None,
    api_key: str | None = None,
    session: str | None = None,
    environment: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    redact: Callable[[str | None, object], object] | None = None,
    redact_keys: Iterable[str] | None = None,
    journal: str | os.PathLike[str] | None = None,
    journal_max_bytes: int | None = None,
    max_file_bytes: int | None = None,
    disabled: bool | None = None,
    threads: bool = False,
) -> None:
    """Set up recording; what is left out comes from the environment. Without it the first use does the same.

    Calling it again ends what the former call began. With `threads`, new threads and calls of executors record where
    they were started, as with `follow_threads`.

    Raises:
        ConfigError: a setting can't be used. Nothing else of the SDK raises.
    """
    end_implicit_run()
    client = clients.init(
        agent=agent,
        url=url,
        api_key=api_key,
        session=session,
        environment=environment,
        tags=tags,
        metadata=metadata,
        redact=redact,
        redact_keys=redact_keys,
        journal=journal,
        journal_max_bytes=journal_max_bytes,
        max_file_bytes=max_file_bytes,
        disabled=disabled,
    )
    if threads and client is not None:
        follow_threads()


def flush(timeout_s: float = 10.0) -> FlushResult:
    """Wait until what was recorded is delivered, at most so long; return what was, what waits, what was dropped."""
    return clients.flush(timeout_s)


def shutdown(timeout_s: float | None = None) -> FlushResult:
    """End recording here: end the process's own run and deliver, at most so long. The rest stays in the journal.

    Without a time it takes five seconds at most, and little more than one where nobody answers.
    """
    end_implicit_run()
    return clients.shutdown(timeout_s)
