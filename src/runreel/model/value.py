"""Values of which thousands are made for one answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def value(cls: type[_Value]) -> type[_Value]:
    """Make a class a frozen, slotted, keyword-only dataclass, which only the type checker keeps frozen.

    To keep it so at run time doubles the time that making one takes. It can be hashed if its fields can.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
