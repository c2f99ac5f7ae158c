"""What the parts of the contract share: the store that is tested, and short ways to fill and read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from runreel.model.page import Page
from runreel.model.record import ApplyReport, Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.record import NOW

Item = TypeVar("Item")


class StoreContract:
    """Gives every test a project of its own in the store that a subclass provides."""

    @pytest.fixture
    def store(self) -> Store:
        """Provide the store to test; other tests may have used it before."""
        raise NotImplementedError("a subclass of the contract gives its store here")

    @pytest.fixture
    def store_to_close(self, store: Store) -> Store:
        """Provide a store that no other test uses; a subclass whose `store` is shared opens another one here."""
        return store

    @pytest.fixture
    def scope(self, request: pytest.FixtureRequest) -> Scope:
        return Scope(project=request.node.nodeid)

    @pytest.fixture
    def elsewhere(self, request: pytest.FixtureRequest) -> Scope:
        """Give another project, which must never see anything of the first."""
        return Scope(project=f"{request.node.nodeid} elsewhere")


def apply(store: Store, scope: Scope, *records: Record, now: int = NOW) -> ApplyReport:
    """Apply records as one batch."""
    (report,) = store.runs.apply([(scope, records)], now=now)
    return report


def read_all(list_page: Callable[[str | None], Page[Item]]) -> list[Item]:
    """Read a list to its end."""
    items: list[Item] = []
    cursor: str | None = None
    while True:
        page = list_page(cursor)
        items.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return items


def at_once(calls: Iterable[Callable[[], Item]]) -> list[Item]:
    """Make the calls in several threads, and return their results."""
    with ThreadPoolExecutor(8) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def name_of(store: Store, scope: Scope, run_id: str) -> str | None:
    """Return the present name of a run."""
    return store.runs.get_run(scope, run_id).run_name
