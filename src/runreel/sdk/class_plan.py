"""Which describer a class has: found once, by what it is made of and by the names of its bases."""

from __future__ import annotations

import sys

from runreel.sdk import array_summary, collection, instance, scalar
from runreel.sdk.class_view import find_member, module_of, mro_of, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from runreel.sdk.scalar import Describer

    ForBase: TypeAlias = Callable[[Any], Describer]
    ForClass: TypeAlias = Callable[[type, tuple[type, ...]], Describer]

# A program may make classes as it goes (mocks do); what is remembered of them also keeps them alive.
_MAX_KEPT = 1_024


class ClassPlans:
    """Remembers how to describe the classes that were seen; safe from any thread, since all of them find the same."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[type, Describer] = _exact_types()

    def learn(self, kind: type) -> Describer:
        describer = _describer_of(kind)
        if len(self.known) >= _MAX_KEPT:
            self.known = _exact_types()
        self.known[kind] = describer
        return describer


def _describer_of(kind: type) -> Describer:
    mro = mro_of(kind)
    for member, make in _BY_MEMBER:
        if find_member(mro, member) is not None and BaseException not in mro:
            return make(kind, mro)
    if tuple in mro and type(find_member(mro, "_fields")) is tuple:
        return collection.describe_named_tuple
    for base in mro:
        if base in _SUBCLASSES:
            return _SUBCLASSES[base]
        root, name = module_of(base).partition(".")[0], name_of(base)
        if (root, name) in _BY_NAME:
            return _BY_NAME[root, name](base)
        if root in _ARRAY_LIBRARIES:
            return array_summary.describe_shaped
        if (root, name) == ("enum", "Enum"):
            return instance.enum_of(kind, mro)
        if root == "itertools":
            return collection.describe_opaque
    return instance.object_of(kind, mro)


def _always(describer: Describer) -> ForBase:
    return lambda _base: describer


def _generator() -> Any:
    yield


async def _coroutine() -> None: ...


async def _stream() -> Any:
    yield


def _exact_types() -> dict[type, Describer]:
    coroutine = _coroutine()
    coroutine.close()  # never awaited, which Python would complain of
    nothing: dict[str, str] = {}
    return {
        type(None): scalar.describe_none,
        bool: scalar.describe_bool,
        int: scalar.describe_int,
        float: scalar.describe_float,
        complex: scalar.by_method("__repr__")(complex),
        str: scalar.describe_str,
        bytes: scalar.describe_bytes,
        bytearray: scalar.describe_bytearray,
        memoryview: scalar.describe_memoryview,
        type(...): scalar.describe_ellipsis,
        list: collection.describe_list,
        tuple: collection.describe_tuple,
        dict: collection.describe_dict,
        set: collection.describe_set,
        frozenset: collection.describe_frozenset,
        type(nothing.keys()): collection.describe_view,
        type(nothing.values()): collection.describe_view,
        type(nothing.items()): collection.describe_view,
        type(type.__dict__): instance.describe_proxy,
        type(_generator): scalar.describe_function,
        type(len): scalar.describe_builtin,
        type(_generator.__get__(0)): scalar.describe_method,
        type(_generator()): scalar.describe_generator,
        type(coroutine): scalar.describe_generator,
        type(_stream()): scalar.describe_generator,
        type(sys): instance.describe_module,
    }


# What subclasses of these are described by.
_SUBCLASSES: dict[type, Describer] = {
    int: scalar.describe_int_subclass,
    float: scalar.describe_float_subclass,
    complex: scalar.by_method("__repr__")(complex),
    str: scalar.describe_str_subclass,
    bytes: scalar.describe_bytes,
    bytearray: scalar.describe_bytearray,
    list: collection.describe_list,
    tuple: collection.describe_tuple,
    dict: collection.describe_dict,
    set: collection.describe_set,
    frozenset: collection.describe_frozenset,
    BaseException: instance.describe_error_value,
    type: scalar.describe_class,
    type(sys): instance.describe_module,
}

# What a class has by which it is known, wherever its library puts its bases. The order matters: a data class of
# pydantic is both.
_BY_MEMBER: list[tuple[str, ForClass]] = [
    ("get_secret_value", lambda _kind, _mro: instance.describe_hidden),
    ("__dataclass_fields__", instance.data_class_of),
    ("__attrs_attrs__", instance.attrs_of),
    ("__pydantic_core_schema__", instance.pydantic_of),
    ("__fields_set__", instance.old_pydantic_of),
]

_BY_NAME: dict[tuple[str, str], ForBase] = {
    ("array", "array"): _always(collection.describe_array),
    ("collections", "OrderedDict"): collection.ordered_dict_of,
    ("collections", "UserDict"): _always(collection.by_attribute("data")),
    ("collections", "UserList"): _always(collection.by_attribute("data")),
    ("collections", "UserString"): _always(collection.by_attribute("data")),
    ("collections", "deque"): collection.deque_of,
    ("datetime", "date"): scalar.by_method("isoformat"),
    ("datetime", "datetime"): scalar.by_method("isoformat"),
    ("datetime", "time"): scalar.by_method("isoformat"),
    ("datetime", "timedelta"): scalar.timedelta_of,
    ("decimal", "Decimal"): scalar.by_method("__str__"),
    ("fractions", "Fraction"): scalar.by_method("__str__"),
    ("functools", "partial"): instance.partial_of,
    ("ipaddress", "IPv4Interface"): scalar.by_method("__str__"),
    ("ipaddress", "IPv6Interface"): scalar.by_method("__str__"),
    ("ipaddress", "_BaseAddress"): scalar.by_method("__str__"),
    ("ipaddress", "_BaseNetwork"): scalar.by_method("__str__"),
    ("pathlib", "PurePath"): scalar.by_method("__str__"),
    ("uuid", "UUID"): scalar.by_method("__str__"),
    ("zoneinfo", "ZoneInfo"): scalar.by_method("__str__"),
    # To ask for their content, or for what they point to, is not ours.
    ("_io", "_IOBase"): _always(instance.describe_file),
    ("_asyncio", "Future"): _always(collection.describe_opaque),
    ("_asyncio", "Task"): _always(collection.describe_opaque),
    ("_contextvars", "Context"): _always(collection.describe_opaque),
    ("_contextvars", "ContextVar"): _always(collection.describe_opaque),
    ("_contextvars", "Token"): _always(collection.describe_opaque),
    ("_thread", "RLock"): _always(collection.describe_opaque),
    ("_thread", "lock"): _always(collection.describe_opaque),
    ("builtins", "slice"): _always(collection.describe_opaque),
    ("mmap", "mmap"): _always(collection.describe_opaque),
    ("weakref", "CallableProxyType"): _always(collection.describe_opaque),
    ("weakref", "ProxyType"): _always(collection.describe_opaque),
    ("weakref", "ReferenceType"): _always(collection.describe_opaque),
    # Libraries of arrays.
    ("numpy", "datetime64"): scalar.by_method("__str__"),
    ("numpy", "dtype"): scalar.by_method("__str__"),
    ("numpy", "generic"): array_summary.numpy_scalar_of,
    ("numpy", "ndarray"): array_summary.ndarray_of,
    ("numpy", "timedelta64"): scalar.by_method("__str__"),
    ("pandas", "DataFrame"): array_summary.frame_of,
    ("pandas", "Index"): array_summary.index_of,
    ("pandas", "NAType"): scalar.by_method("__repr__"),
    ("pandas", "NaTType"): scalar.by_method("__repr__"),
    ("pandas", "Series"): array_summary.series_of,
    ("polars", "DataFrame"): array_summary.polars_frame_of,
    ("polars", "LazyFrame"): _always(collection.describe_opaque),
    ("polars", "Series"): array_summary.polars_series_of,
    ("torch", "Tensor"): array_summary.tensor_of,
}
_ARRAY_LIBRARIES = frozenset(("cupy", "dask", "jax", "jaxlib", "mlx", "tensorflow", "xarray"))
