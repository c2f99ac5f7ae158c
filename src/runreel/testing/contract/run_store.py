"""The contract of `RunStore`."""

from __future__ import annotations

from runreel.testing.contract.agent import AgentContract
from runreel.testing.contract.applying import ApplyingContract
from runreel.testing.contract.bulk_deleting import BulkDeletingContract
from runreel.testing.contract.deleting import DeletingContract
from runreel.testing.contract.heartbeat import HeartbeatContract
from runreel.testing.contract.isolation import RunIsolationContract
from runreel.testing.contract.naming import NamingContract
from runreel.testing.contract.recorder import RecorderContract
from runreel.testing.contract.renaming import RenamingContract
from runreel.testing.contract.retention import RetentionContract
from runreel.testing.contract.run_editing import RunEditingContract
from runreel.testing.contract.run_list import RunListContract
from runreel.testing.contract.run_order import RunOrderContract
from runreel.testing.contract.run_status import RunStatusContract
from runreel.testing.contract.session import SessionContract
from runreel.testing.contract.usage import UsageContract


class RunStoreContract(
    ApplyingContract,
    NamingContract,
    RenamingContract,
    RunStatusContract,
    RunEditingContract,
    HeartbeatContract,
    UsageContract,
    RunListContract,
    RunOrderContract,
    AgentContract,
    SessionContract,
    DeletingContract,
    RecorderContract,
    RetentionContract,
    BulkDeletingContract,
    RunIsolationContract,
):
    """Every promise of `RunStore`; a subclass gives the fixture `store`."""
