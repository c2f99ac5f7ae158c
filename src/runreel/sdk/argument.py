"""The arguments of a call by their names, without `inspect`.

Names, defaults and what to leave out are read from the function's code once; a call is then matched to them by place.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType
    from typing import Any

    from runreel.sdk.run import Run

_VARARGS = 0x04
_VARKEYWORDS = 0x08
# By these names the object that a method belongs to is known, wherever the function stands.
_RECEIVERS = frozenset({"self", "cls", "mcs", "mcls", "_self", "_cls", "__self", "__cls"})
_CALL = "__call__"
_CLASS_METHOD: object = classmethod
_NO_DEFAULTS: Mapping[str, object] = {}


class Arguments:
    """How the arguments of one function are told."""

    __slots__ = (
        "_defaults",
        "_function",
        "_keyword_only",
        "_may_have_receiver",
        "_positional",
        "_varargs",
        "first",
        "n_plain",
        "plain_names",
        "wrapper",
    )

    def __init__(self, function: object) -> None:
        self._function = function
        self._positional: tuple[str, ...] = ()
        self._keyword_only: tuple[str, ...] = ()
        self._varargs: str | None = "args"
        self._defaults: Mapping[str, object] = _NO_DEFAULTS
        self._may_have_receiver = False
        # The function as callers see it; `Call` sets it, once there is one.
        self.wrapper: object = None
        # A call of just `n_plain` arguments by place has `plain_names` from the argument `first` on; -1: no call has.
        self.first = 0
        self.n_plain = -1
        self.plain_names: tuple[str, ...] = ()
        self._read(function)

    def text(self, run: Run, args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
        """Write the arguments of any call, also of one that the function will refuse."""
        names: list[str] = []
        found: list[object] = []
        first = self.first
        if self._may_have_receiver and args and self._is_receiver(args[0]):
            first = 1
        positional = self._positional
        given = dict(kwargs)
        for place in range(first, len(positional)):
            name = positional[place]
            if place < len(args):
                value = args[place]
            elif name in given:
                value = given.pop(name)
            elif name in self._defaults:
                value = self._defaults[name]
            else:
                continue
            names.append(name)
            found.append(value)
        if len(args) > len(positional) and len(args) > first:
            names.append(self._varargs or "args")
            found.append(args[max(len(positional), first) :])
        for name in self._keyword_only:
            if name in given:
                names.append(name)
                found.append(given.pop(name))
            elif name in self._defaults:
                names.append(name)
                found.append(self._defaults[name])
        if first and positional:
            given.pop(positional[0], None)
        names.extend(given)
        found.extend(given.values())
        return run.values.mapping(names, found, run)

    def _read(self, function: object) -> None:
        partial = getattr(sys.modules.get("functools"), "partial", None)
        if partial is not None and isinstance(function, partial):
            self._read_partial(function)
            return
        receiver = getattr(function, "__self__", None)
        plain: object = getattr(function, "__func__", None)
        if plain is None or receiver is None:
            plain = function
            receiver = None
        code: CodeType | None = getattr(plain, "__code__", None)
        while _tells_no_names(code) and (wrapped := getattr(plain, "__wrapped__", None)) is not None:
            plain, code = wrapped, getattr(wrapped, "__code__", None)
        if code is None and not isinstance(plain, type):
            called = getattr(type(plain), _CALL, None)
            code = getattr(called, "__code__", None)
            if code is not None:
                plain, receiver = called, plain
        if code is not None:
            self._read_code(plain, code, is_bound=receiver is not None)

    def _read_code(self, function: object, code: CodeType, *, is_bound: bool) -> None:
        names = code.co_varnames
        n_positional = code.co_argcount
        n_named = n_positional + code.co_kwonlyargcount
        positional = names[:n_positional]
        self._keyword_only = names[n_positional:n_named]
        has_varargs = bool(code.co_flags & _VARARGS)
        self._varargs = names[n_named] if has_varargs else None
        defaults: tuple[object, ...] = getattr(function, "__defaults__", None) or ()
        self._defaults = {
            **dict(zip(positional[n_positional - len(defaults) :], defaults, strict=True)),
            **(getattr(function, "__kwdefaults__", None) or {}),
        }
        if is_bound:
            positional = positional[1:]
        elif positional and positional[0] in _RECEIVERS:
            self.first = 1
        elif positional or has_varargs:
            around = str(getattr(function, "__qualname__", "")).rpartition(".")[0]
            self._may_have_receiver = bool(around) and not around.endswith("<locals>")
        self._positional = positional
        if not (self._keyword_only or has_varargs or self._may_have_receiver):
            self.n_plain = len(positional)
            self.plain_names = positional[self.first :]

    def _read_partial(self, function: object) -> None:
        inner = Arguments(function.func)  # type: ignore[attr-defined]
        n_bound: int = len(function.args)  # type: ignore[attr-defined]
        self._positional = inner._positional[n_bound:]
        self._keyword_only = inner._keyword_only
        self._varargs = inner._varargs
        self._defaults = {**inner._defaults, **function.keywords}  # type: ignore[attr-defined]
        self.first = max(0, inner.first - n_bound)

    def _is_receiver(self, value: Any) -> bool:
        """Tell whether the first argument is the object or class that the function is a method of."""
        name: str = getattr(self._function, "__name__", "")
        kind: Any = type(value)  # type: ignore[reportUnknownVariableType]
        for owner in (kind, value) if isinstance(value, type) else (kind,):
            for base in owner.__mro__:
                held: Any = base.__dict__.get(name)
                if held is not None:
                    is_class_method = held.__class__ is _CLASS_METHOD and held.__func__ is self.wrapper
                    return (is_class_method and owner is value) or held is self.wrapper
        return False


def _tells_no_names(code: CodeType | None) -> bool:
    """Tell whether a function takes anything, as those of decorators do, which hand it on to the one inside."""
    if code is None:
        return True
    takes_all = _VARARGS | _VARKEYWORDS
    return not (code.co_argcount or code.co_kwonlyargcount) and code.co_flags & takes_all == takes_all
