"""`overload` without `typing`, which takes long to import."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import overload as overload  # noqa: PLC0414 - handed on
else:

    def overload(function):
        """Return the function: signatures of it are for type checkers."""
        return function
