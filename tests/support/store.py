"""Stores that do something else in one place; the rest is a real store's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from runreel.model.record import ApplyReport, Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from tests.support.patience import PATIENCE_S

Apply = Callable[..., list[ApplyReport]]


class StoreWith:
    """A store with some methods of its ports replaced; each gets the real one as its first argument."""

    def __init__(self, store: Store, **instead: Callable[..., Any]) -> None:
        self.runs: Any = _With(store.runs, instead)
        self.events: Any = _With(store.events, instead)
        self.spans: Any = _With(store.spans, instead)
        self.prices: Any = _With(store.prices, instead)
        self.metrics: Any = _With(store.metrics, instead)
        self.files: Any = _With(store.files, instead)
        self.bundles: Any = _With(store.bundles, instead)
        self.changes: Any = _With(store.changes, instead)
        self.close = store.close
        self.operation: Any = _With(getattr(store, "operation", None), instead)
        self.retention: Any = _With(getattr(store, "retention", None), instead)


class _With:
    def __init__(self, target: object, instead: dict[str, Callable[..., Any]]) -> None:
        self._target = target
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._target, name)
        replacement = self._instead.get(name)
        if replacement is None:
            return real
        return lambda *arguments, **named: replacement(real, *arguments, **named)


class Gate:
    """Holds every `apply` until it is opened; `is_reached` is set when the first one stands before it."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()
        self.is_open = threading.Event()

    def __call__(self, real: Apply, batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int) -> Any:
        self.is_reached.set()
        assert self.is_open.wait(PATIENCE_S)
        return real(batches, now=now)


def failing(error: Exception) -> Callable[..., Any]:
    """Return what raises `error` instead of doing its work."""

    def fail(*_arguments: object, **_named: object) -> Any:
        raise error

    return fail
