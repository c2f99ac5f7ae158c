"""How large and how often: the figures' own size, or a quick look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    n_repeats: int
    n_postgres_repeats: int
    n_ingested_events: int
    n_deep_events: int
    n_read_events: int
    n_imported_events: int
    n_long_events: int
    n_longest_events: int
    n_node_events: int
    n_samples: int
    n_starts: int
    live_s: float
    n_call_rounds: int
    n_burst_calls: int
    n_kills: int
    n_kills_of_others: int
    n_grown_calls: int
    n_page_loads: int
    n_cold_page_loads: int

    @classmethod
    def full(cls) -> Self:
        return cls(
            n_repeats=5,
            n_postgres_repeats=3,
            n_ingested_events=100_000,
            n_deep_events=500_000,
            n_read_events=1_000_000,
            n_imported_events=1_000_000,
            n_long_events=100_000,
            n_longest_events=1_000_000,
            n_node_events=10_000,
            n_samples=400,
            n_starts=5,
            live_s=20,
            n_call_rounds=10,
            n_burst_calls=20_050,
            n_kills=50,
            n_kills_of_others=3,
            n_grown_calls=1_000_000,
            n_page_loads=9,
            n_cold_page_loads=3,
        )

    @classmethod
    def quick(cls) -> Self:
        return cls(
            n_repeats=1,
            n_postgres_repeats=1,
            n_ingested_events=20_000,
            n_deep_events=20_000,
            n_read_events=30_000,
            n_imported_events=30_000,
            n_long_events=8_000,
            n_longest_events=16_000,
            n_node_events=1_000,
            n_samples=100,
            n_starts=3,
            live_s=3,
            n_call_rounds=2,
            n_burst_calls=2_000,
            n_kills=3,
            n_kills_of_others=1,
            n_grown_calls=20_000,
            n_page_loads=2,
            n_cold_page_loads=1,
        )
