"""How something ended that an exception left."""

from __future__ import annotations

from runreel.errors import StopRequestedError

# By name, since importing their modules would cost the host more than a look at the name.
_CANCELLED = frozenset({"CancelledError", "Cancelled"})
_CANCELLING_MODULES = frozenset({"asyncio.exceptions", "concurrent.futures._base", "trio", "trio._core._exceptions"})


def status_of(error: BaseException) -> str:
    """Return `cancelled` for what ends work from outside, `completed` for `SystemExit(0)`, else `failed`."""
    if isinstance(error, SystemExit):
        return "failed" if error.code else "completed"
    return "cancelled" if _is_cancelled(error) else "failed"


def _is_cancelled(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        # What several tasks together were ended by; one that failed counts more.
        return all(map(_is_cancelled, error.exceptions))  # type: ignore[reportUnknownArgumentType]
    return isinstance(error, GeneratorExit | KeyboardInterrupt | StopRequestedError) or _is_cancellation(type(error))


def _is_cancellation(kind: type[BaseException]) -> bool:
    return any(base.__name__ in _CANCELLED and base.__module__ in _CANCELLING_MODULES for base in kind.__mro__)
