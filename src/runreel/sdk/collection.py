"""Built-in collections as JSON text; those of subclasses are read past the methods of the subclass."""

from __future__ import annotations

from runreel.sdk import mark
from runreel.sdk.class_view import find_member, mro_of, type_name
from runreel.sdk.quoting import quote
from runreel.sdk.redaction import REDACTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import OrderedDict, deque
    from collections.abc import ItemsView, Iterable, KeysView, ValuesView
    from typing import Any

    from runreel.sdk.scalar import Describer
    from runreel.sdk.walk import Walk

# The name in a pair; anything longer is data.
_MAX_NAME = 1_000


def describe_dict(walk: Walk, value: dict[object, object], depth: int) -> str:
    return walk.members(value, _len_of_dict(value), _items_of_dict, depth)


def describe_list(walk: Walk, value: list[object], depth: int) -> str:
    return walk.sequence(value, _len_of_list(value), _iter_list, depth)


def describe_tuple(walk: Walk, value: tuple[object, ...], depth: int) -> str:
    n = _len_of_tuple(value)
    if n == 2 and (name := _secret_name(walk, next(_iter_tuple(value)))) is not None:
        return f'[{quote(name)},"{REDACTED}"]'
    return walk.sequence(value, n, _iter_tuple, depth)


def describe_set(walk: Walk, value: set[object], depth: int) -> str:
    # In an order that two processes agree on; the hash of a text differs between them.
    return walk.sequence(value, _len_of_set(value), _iter_set, depth, is_sorted=True)


def describe_frozenset(walk: Walk, value: frozenset[object], depth: int) -> str:
    return walk.sequence(value, _len_of_frozenset(value), _iter_frozenset, depth, is_sorted=True)


def describe_view(walk: Walk, value: KeysView[object] | ValuesView[object], depth: int) -> str:
    return walk.sequence(value, len(value), iter, depth)


def describe_items_view(walk: Walk, value: ItemsView[object, object], depth: int) -> str:
    return walk.sequence(value, len(value), iter, depth)


def describe_array(walk: Walk, value: Any, depth: int) -> str:
    """Describe an `array.array`."""
    return walk.sequence(value, len(value), iter, depth)


def describe_named_tuple(walk: Walk, value: tuple[object, ...], depth: int) -> str:
    names = find_member(mro_of(type(value)), "_fields")
    n = _len_of_tuple(value)
    if len(names) != n:
        return describe_tuple(walk, value, depth)

    def entries(values: tuple[object, ...]) -> Iterable[tuple[object, object]]:
        return zip(names, _iter_tuple(values), strict=False)

    return walk.members(value, n, entries, depth)


def deque_of(base: type[deque[object]]) -> Describer:
    """Make describers of a `collections.deque`."""

    def describe(walk: Walk, value: deque[object], depth: int) -> str:
        return walk.sequence(value, base.__len__(value), base.__iter__, depth)

    return describe


def ordered_dict_of(base: type[OrderedDict[object, object]]) -> Describer:
    """Make describers of a `collections.OrderedDict`, whose order the methods of `dict` don't know."""

    def describe(walk: Walk, value: OrderedDict[object, object], depth: int) -> str:
        return walk.members(value, base.__len__(value), base.items, depth)

    return describe


def by_attribute(name: str) -> Describer:
    """Make the describer of a class that is a shell around another value."""

    def describe(walk: Walk, value: object, depth: int) -> str:
        if depth >= walk.limits.depth:
            return mark.truncated("depth")
        return walk.text(object.__getattribute__(value, "__dict__")[name], depth + 1)

    return describe


def describe_opaque(_walk: Walk, value: object, _depth: int) -> str:
    """Say of what type a value is whose content is better not asked for."""
    return mark.named("type", type_name(type(value)))


def _secret_name(walk: Walk, first: object) -> str | None:
    """Return what a pair like `(b"authorization", b"Bearer …")` begins with, if it names a secret."""
    if type(first) is bytes and len(first) <= _MAX_NAME:
        first = first.decode("utf-8", "replace")
    if type(first) is str and len(first) <= _MAX_NAME and walk.is_secret(first):
        return first
    return None


# What is read is the collection itself, whatever methods a subclass has put before those of its base.
_len_of_dict = dict[object, object].__len__
_items_of_dict = dict[object, object].items
_len_of_list = list[object].__len__
_iter_list = list[object].__iter__
_len_of_tuple = tuple[object, ...].__len__
_iter_tuple = tuple[object, ...].__iter__
_len_of_set = set[object].__len__
_iter_set = set[object].__iter__
_len_of_frozenset = frozenset[object].__len__
_iter_frozenset = frozenset[object].__iter__
