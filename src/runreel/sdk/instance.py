"""Objects of classes as JSON text, from the fields that they hold; their properties and methods are not run.

An ordinary object is told with its type and its public fields. Data classes, models of pydantic and classes of attrs
are what their fields are. `__repr__` is asked only of what has no field at all, such as a compiled pattern.
"""

from __future__ import annotations

from runreel.sdk import mark
from runreel.sdk.class_view import find_member, members_of, module_of, name_of, qualified, type_name, type_of
from runreel.sdk.error_text import message_of
from runreel.sdk.quoting import cut, quote
from runreel.sdk.redaction import REDACTED
from runreel.sdk.scalar import describe_int, describe_str
from runreel.sdk.walk import copied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from runreel.sdk.scalar import Describer
    from runreel.sdk.walk import Walk

    Fields: TypeAlias = list[tuple[str, object]]


class _Slotted:
    __slots__ = ("one",)


# What the interpreter itself puts into classes to reach the fields of their objects. Anything else may be host code.
_Member = type_of(_Slotted.__dict__["one"])
_READERS = frozenset((_Member, type_of(type.__dict__["__dict__"])))
_MAX_FIELDS = 1_000
_items_of = dict[str, object].items
_MAX_REPR_CHARS = 1_000


def describe_hidden(_walk: Walk, _value: object, _depth: int) -> str:
    """Describe what its class keeps secret."""
    return f'"{REDACTED}"'


def describe_error_value(walk: Walk, value: BaseException, _depth: int) -> str:
    return mark.named("exception", type_name(type(value)), message=quote(message_of(walk, value)))


def describe_file(_walk: Walk, value: object, _depth: int) -> str:
    """Say which file it is; only of the interpreter's own classes, which answer without side effects."""
    kind = type(value)
    name: object = getattr(value, "name", None) if module_of(kind) == "_io" else None
    more = {"name": quote(name)} if type(name) is str else {}
    return mark.named("type", type_name(kind), **more)


def describe_module(_walk: Walk, value: Any, _depth: int) -> str:
    name: object = object.__getattribute__(value, "__dict__").get("__name__")
    return mark.named("module", name if type(name) is str else "?")


def describe_proxy(walk: Walk, value: Mapping[Any, Any], depth: int) -> str:
    """Describe a `types.MappingProxyType`."""
    return walk.members(value, len(value), lambda proxy: proxy.items(), depth)


def partial_of(base: Any) -> Describer:
    """Make describers of a `functools.partial`."""
    readers = [(name, base.__dict__[name].__get__) for name in ("func", "args", "keywords")]

    def describe(walk: Walk, value: object, depth: int) -> str:
        fields = [(name, read(value)) for name, read in readers]
        return walk.members(value, len(fields), lambda _: fields, depth, '"$callable":"functools.partial"')

    return describe


def enum_of(kind: type, mro: tuple[type, ...]) -> Describer:
    """Make the describer of members of an enum: those that are texts or numbers are that, others are their name."""
    if str in mro:
        return lambda walk, value, depth: describe_str(walk, str.__str__(value), depth)
    if int in mro:
        return lambda walk, value, depth: describe_int(walk, int.__int__(value), depth)
    class_name = name_of(kind)

    def describe(walk: Walk, value: object, depth: int) -> str:
        held = object.__getattribute__(value, "__dict__")
        name: object = held.get("_name_")
        if type(name) is str:
            return quote(f"{class_name}.{name}")
        return mark.named("type", class_name, value=walk.text(held.get("_value_"), depth + 1))

    return describe


def data_class_of(_kind: type, mro: tuple[type, ...]) -> Describer:
    """Make the describer of objects of a data class: its declared fields."""
    declared = {
        name: field
        for name, field in find_member(mro, "__dataclass_fields__").items()
        if getattr(getattr(field, "_field_type", None), "name", "_FIELD") == "_FIELD"
    }
    # A field that `__init__` doesn't take stays in the class.
    defaults = {name: field.default for name, field in declared.items() if not _is_missing(field.default)}
    return _declared_of(mro, list(declared), defaults)


def _is_missing(default: object) -> bool:
    return type(default).__name__ == "_MISSING_TYPE"


def attrs_of(_kind: type, mro: tuple[type, ...]) -> Describer:
    """Make the describer of objects of a class of attrs."""
    return _declared_of(mro, [attribute.name for attribute in find_member(mro, "__attrs_attrs__")], {})


def pydantic_of(_kind: type, mro: tuple[type, ...]) -> Describer:
    """Make the describer of models of pydantic 2: its fields, but for those that it excludes."""
    found = find_member(mro, "__pydantic_fields__")
    fields: dict[str, Any] = found if type_of(found) is dict else find_member(mro, "model_fields")
    names = [name for name, field in fields.items() if getattr(field, "exclude", None) is not True]
    if names == ["root"] and any(name_of(base) == "RootModel" for base in mro):
        return _root_of(mro)
    extra = find_member(mro, "__pydantic_extra__")
    return _declared_of(mro, names, {}, extra=extra.__get__ if type(extra) is _Member else None)


def old_pydantic_of(_kind: type, mro: tuple[type, ...]) -> Describer:
    """Make the describer of models of pydantic 1, which keep fields and extras together."""
    read = _reader_of(mro)
    excluded = {
        name
        for name, field in find_member(mro, "__fields__").items()
        if getattr(getattr(field, "field_info", None), "exclude", None) is True
    }

    def describe(walk: Walk, value: object, depth: int) -> str:
        fields = [field for field in read(value) if field[0] not in excluded]
        return walk.members(value, len(fields), lambda _: fields, depth)

    return describe


def _root_of(mro: tuple[type, ...]) -> Describer:
    read = _reader_of(mro)

    def describe(walk: Walk, value: object, depth: int) -> str:
        if depth >= walk.limits.depth:
            return mark.truncated("depth")
        return walk.text(dict(read(value)).get("root"), depth + 1)

    return describe


def _declared_of(
    mro: tuple[type, ...],
    names: list[str],
    defaults: dict[str, object],
    *,
    extra: Callable[[object], dict[str, object] | None] | None = None,
) -> Describer:
    read = _reader_of(mro)

    def describe(walk: Walk, value: object, depth: int) -> str:
        held = defaults | dict(read(value))
        fields = [(name, held[name]) for name in names if name in held]
        if extra is not None and (more := extra(value)):
            fields += copied(more, _MAX_FIELDS, _items_of)
        return walk.members(value, len(fields), lambda _: fields, depth)

    return describe


def object_of(kind: type, mro: tuple[type, ...]) -> Describer:
    """Make the describer of objects of any other class."""
    read = _reader_of(mro)
    name = type_name(kind)
    lead = f'"$type":{quote(name)}'
    has_repr = find_member(mro, "__repr__") is not object.__repr__

    def describe(walk: Walk, value: object, depth: int) -> str:
        fields = read(value)
        if not fields:
            return f'{{{lead},"repr":{quote(_repr(walk, value))}}}' if has_repr else f"{{{lead}}}"
        if (wrapped := _name_of_wrapper(fields)) is not None:
            return mark.named("callable", wrapped)
        if walk.n_objects >= walk.limits.object_depth:
            return f"{{{lead}}}"
        fields = [field for field in fields if not field[0].startswith("_")] or fields
        walk.n_objects += 1
        try:
            return walk.members(value, len(fields), lambda _: fields, depth, lead)
        finally:
            walk.n_objects -= 1

    return describe


def _name_of_wrapper(fields: Fields) -> str | None:
    """Return the name of the function that an object was put around by `functools.wraps`."""
    held = dict(fields)
    if "__wrapped__" in held and type(name := held.get("__qualname__")) is str:
        return qualified(held.get("__module__"), name)
    return None


def _repr(walk: Walk, value: object) -> str:
    """Ask a value for its `repr`, without the address that is another in every process."""
    text = cut(str.__str__(repr(value)), _MAX_REPR_CHARS)
    place = text.find(" at 0x")
    if place >= 0:
        text = text[:place] + text[place + 6 :].lstrip("0123456789abcdefABCDEF")
    return walk.scrubbed(text)


def _reader_of(mro: tuple[type, ...]) -> Callable[[object], Fields]:
    """Make a function that reads the fields of an object where the interpreter keeps them, past `__getattribute__`."""
    slots = [
        (name, member.__get__)
        for base in reversed(mro)
        if "__slots__" in members_of(base)
        for name, member in members_of(base).items()
        if type(member) is _Member and not (name.startswith("__") and name.endswith("__"))
    ]
    own = find_member(mro, "__dict__")
    read_dict: Callable[[object], dict[str, object] | None] | None = own.__get__ if type(own) in _READERS else None

    def read(value: object) -> Fields:
        fields: Fields = []
        for name, get in slots:
            try:
                fields.append((name, get(value)))
            except AttributeError:  # nothing was put there yet
                continue
        held = read_dict(value) if read_dict is not None else None
        if held:
            fields += [field for field in copied(held, _MAX_FIELDS, _items_of) if type(field[0]) is str]
        return fields

    return read
