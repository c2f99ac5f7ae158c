"""What a class is, told without running a line of it or of its metaclass."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# What `type` says, and not what an object pretends by `__class__`.
type_of: Callable[[object], type] = type
mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
members_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
_name_of: Callable[[type], object] = type.__dict__["__qualname__"].__get__
_module_of: Callable[[type], object] = type.__dict__["__module__"].__get__
_MAX_CHARS = 500
# As in Python's own tracebacks.
_UNSAID = ("builtins", "__main__")


def name_of(kind: type) -> str:
    """Return the name of a class as its module knows it."""
    name = _name_of(kind)
    return name[:_MAX_CHARS] if type(name) is str else "?"


def module_of(kind: type) -> str:
    module = _module_of(kind)
    return module[:_MAX_CHARS] if type(module) is str else "?"


def type_name(kind: type) -> str:
    """Return the name of a class with its module, or without where that is `builtins`."""
    return qualified(module_of(kind), name_of(kind))


def qualified(module: object, name: object) -> str:
    text = name[:_MAX_CHARS] if type(name) is str else "?"
    return f"{module[:_MAX_CHARS]}.{text}" if type(module) is str and module not in _UNSAID else text


def find_member(mro: tuple[type, ...], name: str) -> Any:
    """Return what the class has under a name, as it was defined; None where it has nothing."""
    for base in mro:
        members = members_of(base)
        if name in members:
            return members[name]
    return None
