"""How many examples are tried."""

from __future__ import annotations

import os

FACTOR = int(os.environ.get("RUNREEL_EXAMPLES", "1"))


def examples(count: int) -> int:
    """Return how many examples to try where `count` are usual."""
    return count * FACTOR
