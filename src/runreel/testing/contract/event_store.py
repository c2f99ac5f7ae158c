"""The contract of `EventStore`."""

from __future__ import annotations

from runreel.testing.contract.course import CourseContract
from runreel.testing.contract.dag import DagContract
from runreel.testing.contract.ending import EndingContract
from runreel.testing.contract.event import EventContract
from runreel.testing.contract.event_filter import EventFilterContract
from runreel.testing.contract.event_order import EventOrderContract
from runreel.testing.contract.event_tree import EventTreeContract
from runreel.testing.contract.isolation import EventIsolationContract
from runreel.testing.contract.large_payload import LargePayloadContract
from runreel.testing.contract.message_and_file import MessageAndFileContract
from runreel.testing.contract.node import NodeContract
from runreel.testing.contract.node_history import NodeHistoryContract
from runreel.testing.contract.plan import PlanContract


class EventStoreContract(
    EventContract,
    EventOrderContract,
    EventFilterContract,
    EventTreeContract,
    NodeContract,
    NodeHistoryContract,
    PlanContract,
    EndingContract,
    CourseContract,
    DagContract,
    MessageAndFileContract,
    LargePayloadContract,
    EventIsolationContract,
):
    """Every promise of `EventStore`; a subclass gives the fixture `store`."""
