"""The contract of `ChangeStore`."""

from __future__ import annotations

from runreel.testing.contract.change import ChangeContract
from runreel.testing.contract.run_change import RunChangeContract, WatchContract


class ChangeStoreContract(ChangeContract, RunChangeContract, WatchContract):
    """Every promise of `ChangeStore`; a subclass gives the fixtures `store` and `store_to_close`."""
