"""What a call consumed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens, and cost in nano-dollars; `n_unpriced` counts calls whose cost nobody knows."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    tokens_cache_write: int = 0
    tokens_reasoning: int = 0
    cost_nanos: int = 0
    n_unpriced: int = 0


NO_USAGE = Usage()
