"""What values do when they are looked at: nothing, as far as it can be helped, and nothing that reaches the host."""

from __future__ import annotations

import collections
import json
import sys
import threading
import time
import types
from typing import Any

import pytest

from runreel.sdk.limits import Limits
from runreel.sdk.value import ValueWriter
from tests.support.patience import PATIENCE_S


def described(value: object, **options: Any) -> Any:
    return json.loads(ValueWriter(**options).text(value))


class Ran(BaseException):
    """Is no `Exception`, so it is seen wherever code of the host runs."""


def _run(*_: object, **__: object) -> Any:
    raise Ran


_NAMES = """
    __getattribute__ __getattr__ __repr__ __str__ __len__ __iter__ __getitem__ __contains__ __bool__ __eq__ __hash__
    __format__ __dir__ __reduce__ __reduce_ex__ __sizeof__ __index__ __int__ __float__ __bytes__ __lt__ __gt__ __le__
    __ge__ __ne__ __sub__ __neg__ __add__ items keys values get copy encode isascii tolist
"""
_HOSTILE: dict[str, Any] = dict.fromkeys(_NAMES.split(), _run)
_HOSTILE["__class__"] = property(_run)
_HOSTILE["__dict__"] = property(_run)


def _hostile(*bases: type) -> Any:
    return type("Hostile", bases, dict(_HOSTILE))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (_hostile(str)("abc"), "abc"),
        (_hostile(int)(5), 5),
        (_hostile(float)(1.5), 1.5),
        (_hostile(bytes)(b"ab"), {"$bytes": "YWI="}),
        (_hostile(bytearray)(b"ab"), {"$bytes": "YWI="}),
        (_hostile(list)([1, 2]), [1, 2]),
        (_hostile(tuple)((1, 2)), [1, 2]),
        (_hostile(set)([1]), [1]),
        (_hostile(frozenset)([1]), [1]),
        (_hostile(dict)({"a": 1}), {"a": 1}),
        (_hostile(collections.OrderedDict)({}), {}),
        (_hostile(collections.deque)([1]), [1]),
    ],
    ids=lambda value: type(value).__mro__[-2].__name__,
)
def test_methods_of_a_subclass_are_not_run(value: object, expected: object) -> None:
    assert described(value) == expected
    assert described([value]) == [expected]


def test_object_with_fields_runs_nothing() -> None:
    members = {name: _run for name in _HOSTILE if name not in {"__class__", "__dict__"}}
    hostile: Any = type("Hostile", (), {**members, "answer": property(_run)})()
    object.__setattr__(hostile, "x", 1)

    assert described(hostile) == {"$type": f"{__name__}.Hostile", "x": 1}


def test_proxy_is_not_resolved() -> None:
    class Proxy:
        __slots__ = ("_target",)
        __class__ = property(_run)
        __getattr__ = _run
        __repr__ = _run

        def __init__(self) -> None:
            object.__setattr__(self, "_target", 1)

    assert described(Proxy()) == {"$type": f"{__name__}.{Proxy.__qualname__}", "_target": 1}


def test_class_with_a_hostile_metaclass_is_named() -> None:
    class Meta(type):
        __getattribute__ = _run
        __repr__ = _run
        __instancecheck__ = _run
        __subclasscheck__ = _run

    kind = Meta("Kind", (), {"__slots__": ()})

    assert described(kind)["$class"].endswith("Kind")
    assert described(object.__new__(kind))["$type"].endswith("Kind")


def test_class_that_can_not_be_hashed_is_marked() -> None:
    class Meta(type):
        def __hash__(cls) -> int:
            raise ValueError

    kind = Meta("Kind", (), {})

    assert described([kind(), 1]) == [{"$failed": "ValueError", "type": f"{__name__}.Kind"}, 1]


class Speaker:
    __slots__ = ()

    def __repr__(self) -> str:
        return self.speak()

    def speak(self) -> str:
        return "speaker at 0xdeadBEEF, " + "x" * 5_000


class FailingSpeaker(Speaker):
    __slots__ = ()

    def speak(self) -> str:
        raise RuntimeError("no")


class InterruptedSpeaker(Speaker):
    __slots__ = ()

    def speak(self) -> str:
        raise KeyboardInterrupt


def test_repr_is_asked_of_what_has_no_field_and_cut() -> None:
    told = described(Speaker())

    assert told["$type"] == f"{__name__}.Speaker"
    assert told["repr"].startswith("speaker, xxx")
    assert len(told["repr"]) < 1_100


def test_failing_repr_costs_nothing_else() -> None:
    assert described([1, FailingSpeaker(), {"a": FailingSpeaker()}]) == [
        1,
        {"$failed": "RuntimeError", "type": f"{__name__}.FailingSpeaker"},
        {"a": {"$failed": "RuntimeError", "type": f"{__name__}.FailingSpeaker"}},
    ]


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [{"a": value}]])
def test_interrupt_passes_through(wrap: Any) -> None:
    writer = ValueWriter()

    with pytest.raises(KeyboardInterrupt):
        writer.text(wrap(InterruptedSpeaker()))
    with pytest.raises(KeyboardInterrupt):
        writer.mapping(("a",), (wrap(InterruptedSpeaker()),))


def test_little_stack_is_enough() -> None:
    deep: Any = 1
    for _ in range(15):
        deep = [deep]
    texts: list[str] = []

    def go_down(writer: ValueWriter) -> None:
        try:
            go_down(writer)
        except RecursionError:
            texts.append(writer.text(deep))
            texts.append(writer.mapping(("deep",), (deep,)))
            raise

    with pytest.raises(RecursionError):
        go_down(ValueWriter())

    assert texts
    for text in texts:
        json.loads(text)


def test_collections_may_change_meanwhile() -> None:
    """Lists, maps, sets and fields are described while another thread changes them all the time."""
    shared: list[Any] = [{}, set(), collections.deque(), [], types.SimpleNamespace()]
    is_over = threading.Event()
    has_begun = threading.Event()

    def change() -> None:
        mapping, some, queue, items, fields = shared
        number = 0
        while not is_over.is_set():
            number += 1
            mapping[number] = number
            some.add(number)
            queue.append(number)
            items.append(number)
            fields.__dict__[f"field_{number}"] = number
            if number % 50 == 0:
                for collection in (mapping, some, queue, items, fields.__dict__):
                    collection.clear()
            has_begun.set()

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=change) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        assert has_begun.wait(PATIENCE_S)
        texts = [ValueWriter().text(shared) for _ in range(300)]
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(switch)

    assert [text for text in texts if "$failed" in text or "$truncated" in text] == []


def test_map_that_changed_while_it_was_read_is_read_again() -> None:
    class RestlessOnce(collections.UserDict[str, int]):
        n_readings = 0

        def items(self) -> Any:
            self.n_readings += 1
            if self.n_readings == 1:
                raise RuntimeError("dictionary changed size during iteration")
            return super().items()

    assert described(types.MappingProxyType(RestlessOnce(a=1))) == {"a": 1}


def test_map_that_changes_whenever_it_is_read_is_marked() -> None:
    class Restless(collections.UserDict[str, int]):
        def items(self) -> Any:
            raise RuntimeError("dictionary changed size during iteration")

    assert described([types.MappingProxyType(Restless(a=1)), 1]) == [
        {"$failed": "RuntimeError", "type": "mappingproxy"},
        1,
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: [0] * 10_000_000,
        lambda: ["x"] * 10_000_000,
        lambda: dict.fromkeys(range(1_000_000), 0),
        lambda: dict.fromkeys(range(1_000_000), 0).keys(),
        lambda: set(range(1_000_000)),
        lambda: collections.deque([0] * 1_000_000),
        lambda: b"x" * 200_000_000,
        lambda: "x" * 200_000_000,
    ],
    ids=["numbers", "texts", "dict", "keys", "set", "deque", "bytes", "str"],
)
def test_time_does_not_grow_with_the_size(make: Any) -> None:
    value = make()
    writer = ValueWriter(spool=lambda *_: "f")
    writer.text(value)

    times: list[float] = []
    for _ in range(5):
        began = time.thread_time()
        writer.text(value)
        times.append(time.thread_time() - began)

    # A thousand items take a tenth of this, ten million a hundred times as long.
    assert min(times) < 0.01


def test_text_stays_within_its_bounds() -> None:
    limits = Limits(chars=10_000, inline_chars=1_000, values=500)
    value = [{f"key {number}": "\x00" * 900, "more": ["y" * 999] * 100} for number in range(1_000)]

    # The last text or key may go over it, and each mark is short.
    assert len(ValueWriter(limits=limits).text(value)) < 10_000 + 6 * 1_000 + 500 * 50


def test_caches_are_bounded() -> None:
    writer = ValueWriter()
    for number in range(5_000):
        writer.text({f"key {number}": 1, f"token_{number}": 1, "k" * 100 + str(number): 1})
        writer.text(type(f"Kind{number}", (), {})())

    sizes = [len(held) for held in _dicts_of(writer)]
    assert max(sizes) <= 2_048
    assert writer.text({"key 1": 1, "token_1": 2}) == '{"key 1":1,"token_1":"[redacted]"}'


def _dicts_of(writer: ValueWriter) -> list[dict[Any, Any]]:
    keys, plans = writer._keys, writer._plans
    return [keys.shown, keys._hidden, plans.known]


def test_value_is_not_changed() -> None:
    value = {"a": [1, {2, 3}], "password": "x", "default": collections.defaultdict(list)}
    before = repr(value)

    described(value)

    assert repr(value) == before
