"""The client that records here and now, and what its settings say of every run."""

from __future__ import annotations

import os
import sys

from runreel.sdk import client as clients
from runreel.sdk.redaction import SecretKeys
from runreel.sdk.run import Run
from runreel.sdk.spill import keep_value
from runreel.sdk.value import ValueWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from runreel.sdk.client import Client


def ready_client() -> Client | None:
    """Return the client that records, set up from the environment at first use; None where nothing is recorded."""
    return clients.ensure_client()


def new_run(client: Client, run_id: str | None, agent_name: str | None, *, is_own: bool = True) -> Run:
    """Make a run that this client records, with the client's way to describe values."""
    values = client.values
    if not isinstance(values, ValueWriter):
        settings = client.settings
        values = ValueWriter(is_secret_key=_secret_keys(settings.redact_keys), redact=settings.redact, spool=keep_value)
        client.values = values
    return Run(client, values, run_id, agent_name, is_own=is_own)


def _secret_keys(names: Sequence[str]) -> SecretKeys:
    """Make what tells keys of secrets: the usual ones and these; one with a minus before it is none."""
    also = [name for name in names if not name.startswith("-")]
    return SecretKeys(also=also, never=[name[1:] for name in names if name.startswith("-")])


def default_agent(client: Client) -> str:
    """Return the agent of runs that name none: that of `init`, else the program's name."""
    return client.settings.agent or program_name()


def program_name() -> str:
    """Return the name of the running script or package."""
    path = getattr(sys.modules.get("__main__"), "__file__", None) or (sys.argv[0] if sys.argv else "")
    name = _stem(path or "")
    if name == "__main__":
        name = os.path.basename(os.path.dirname(path))
    return name if name not in {"", "-c", "-"} else "python"


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]
