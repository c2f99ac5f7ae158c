"""How long tests wait for what should come at once.

Waiting costs nothing when it comes, and a loaded machine may take a hundred times as long as a quiet one. Whoever
wants to know that something takes no longer than it may compares with what would happen otherwise.
"""

from __future__ import annotations

from typing import Final

PATIENCE_S: Final = 120.0
