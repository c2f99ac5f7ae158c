"""A page of a list, and where the next one begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items in the order of the list; `next_cursor` is opaque, and None on the last page."""

    items: tuple[Item, ...]
    next_cursor: str | None = None
