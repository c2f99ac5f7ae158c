"""Objects of classes as JSON text: from their fields, and without running them."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
import types
from typing import Any, ClassVar

import pytest

import runreel
from runreel.sdk.limits import Limits
from runreel.sdk.value import ValueWriter


def described(value: object, **options: Any) -> Any:
    return json.loads(ValueWriter(**options).text(value))


class Agent:
    def __init__(self) -> None:
        self.model = "m-1"
        self.api_key = "sk-1"
        self._client = object()

    @property
    def answer(self) -> str:
        raise AssertionError("a property was run")


class Slotted:
    __slots__ = ("__dict__", "_hidden", "shown", "unset")

    def __init__(self) -> None:
        self.shown = 1
        self._hidden = 2


@dataclasses.dataclass
class Query:
    text: str
    password: str = "x"
    kind: str = dataclasses.field(default="search", init=False)
    parts: list[Any] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.undeclared = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: int


def test_ordinary_object_is_told_by_its_type_and_public_fields() -> None:
    assert described(Agent()) == {"$type": f"{__name__}.Agent", "model": "m-1", "api_key": "[redacted]"}


def test_object_without_public_fields_is_told_by_all() -> None:
    value = types.SimpleNamespace(_amount=5)

    assert described(value) == {"$type": "types.SimpleNamespace", "_amount": 5}


def test_slots_are_fields() -> None:
    assert described(Slotted()) == {"$type": f"{__name__}.Slotted", "shown": 1}


def test_objects_in_each_other_are_bounded() -> None:
    inner = types.SimpleNamespace(x=types.SimpleNamespace(y=types.SimpleNamespace(z=1)))

    assert described(inner, limits=Limits(object_depth=2)) == {
        "$type": "types.SimpleNamespace",
        "x": {"$type": "types.SimpleNamespace", "y": {"$type": "types.SimpleNamespace"}},
    }
    assert described([inner, inner], limits=Limits(object_depth=1))[1]["x"] == {"$type": "types.SimpleNamespace"}


def test_data_class_is_what_its_declared_fields_are() -> None:
    assert described(Query("a", parts=[Frozen(1)])) == {
        "text": "a",
        "password": "[redacted]",
        "kind": "search",
        "parts": [{"x": 1}],
    }


def test_error_as_a_value_is_told_without_its_stack() -> None:
    assert described([KeyError("k")]) == [{"$exception": "KeyError", "message": "'k'"}]


class SecretText:
    def __init__(self) -> None:
        self._secret_value = "s3cret"

    def get_secret_value(self) -> str:
        return self._secret_value


class Model:
    """Looks like a model of pydantic 2."""

    __slots__ = ("__dict__", "__pydantic_extra__")
    __pydantic_core_schema__ = object()
    __pydantic_fields__: ClassVar[dict[str, Any]] = {
        "name": types.SimpleNamespace(exclude=None),
        "key": types.SimpleNamespace(exclude=None),
        "hidden": types.SimpleNamespace(exclude=True),
    }

    def __init__(self) -> None:
        self.__dict__.update(name="a", key=SecretText(), hidden=1, cached=2)
        self.__pydantic_extra__ = {"more": 5, "token": "t"}

    def model_dump(self) -> None:
        raise AssertionError("a serializer was run")


class RootModel:
    __pydantic_core_schema__ = object()
    model_fields: ClassVar[dict[str, Any]] = {"root": types.SimpleNamespace(exclude=None)}

    def __init__(self, root: object) -> None:
        self.root = root


class OldModel:
    """Looks like a model of pydantic 1."""

    __slots__ = ("__dict__", "__fields_set__")
    __fields__: ClassVar[dict[str, Any]] = {
        "name": types.SimpleNamespace(field_info=types.SimpleNamespace(exclude=None)),
        "hidden": types.SimpleNamespace(field_info=types.SimpleNamespace(exclude=True)),
    }

    def __init__(self) -> None:
        self.__dict__.update(name="a", hidden=1, more=2, secret="x")


class Attributes:
    """Looks like a class of attrs."""

    __slots__ = ("_b", "a")
    __attrs_attrs__ = (types.SimpleNamespace(name="a"), types.SimpleNamespace(name="_b"))

    def __init__(self) -> None:
        self.a = 1
        self._b = 2


def test_model_of_pydantic_is_its_fields_and_extras_but_for_excluded_ones() -> None:
    assert described(Model()) == {"name": "a", "key": "[redacted]", "more": 5, "token": "[redacted]"}


def test_root_model_is_its_root() -> None:
    assert described(RootModel([1])) == [1]


def test_root_model_does_not_escape_the_bound_of_depth() -> None:
    value: object = 1
    for _ in range(200):
        value = RootModel(value)

    assert described(value, limits=Limits(depth=5)) == {"$truncated": "depth"}


def test_model_of_old_pydantic_is_its_fields() -> None:
    assert described(OldModel()) == {"name": "a", "more": 2, "secret": "[redacted]"}


def test_object_of_attrs_is_its_fields() -> None:
    assert described(Attributes()) == {"a": 1, "_b": 2}


def _class_of(module: str, name: str, **members: object) -> type:
    return type(name, (), {"__module__": module, "__qualname__": name, **members})


def test_array_of_numpy_is_summed_up() -> None:
    class Items(list[int]):
        def __getitem__(self, index: Any) -> Any:
            return Items(super().__getitem__(index))

        def tolist(self) -> list[int]:
            return list(self)

    kind = types.SimpleNamespace(kind="i", names=None)
    ndarray = _class_of(
        "numpy",
        "ndarray",
        shape=property(lambda _: (10, 100)),
        dtype=property(lambda _: kind),
        flat=property(lambda _: Items(range(1000))),
    )

    told = described(ndarray())

    assert told["$array"] == "numpy.ndarray"
    assert told["shape"] == [10, 100]
    assert told["first"] == [*range(20)]


def test_array_that_may_be_far_away_is_not_fetched() -> None:
    array = _class_of("jax._src.array", "Array", shape=(None, 3), dtype="float32")

    assert described(array()) == {"$array": "jax._src.array.Array", "shape": [None, 3], "dtype": "float32"}


def test_tensor_on_another_device_is_not_fetched() -> None:
    tensor = _class_of("torch", "Tensor", shape=(2,), dtype="torch.float32", device="cuda:0")

    assert described(tensor()) == {
        "$array": "torch.Tensor",
        "device": "cuda:0",
        "shape": [2],
        "dtype": "torch.float32",
    }


def test_summary_that_fails_is_marked() -> None:
    tensor = _class_of("torch", "Tensor")

    assert described([tensor(), 1]) == [{"$failed": "AttributeError", "type": "torch.Tensor"}, 1]


def test_no_library_is_imported() -> None:
    program = """
import sys
from runreel.sdk.value import ValueWriter

ValueWriter().text([1, {"a": object()}])
heavy = ("attr", "dataclasses", "json", "numpy", "pandas", "pydantic", "re", "traceback", "typing")
print([name for name in heavy if name in sys.modules])
"""
    env = {"PYTHONPATH": str(pathlib.Path(runreel.__file__).parents[1])}
    # Without `site`, whose extensions of an environment may import anything.
    done = subprocess.run([sys.executable, "-S", "-c", program], check=True, capture_output=True, text=True, env=env)

    assert done.stdout.strip() == "[]"


@pytest.fixture
def numpy() -> Any:
    return pytest.importorskip("numpy")


@pytest.fixture
def pandas() -> Any:
    return pytest.importorskip("pandas")


def test_real_numpy(numpy: Any) -> None:
    record = numpy.array([(1, "pw")], dtype=[("a", "i4"), ("password", "U5")])

    assert described(numpy.arange(6).reshape(2, 3)) == {
        "$array": "numpy.ndarray",
        "shape": [2, 3],
        "dtype": "int64",
        "first": [0, 1, 2, 3, 4, 5],
    }
    assert described([numpy.float64(1.5), numpy.int64(3), numpy.bool_(True), numpy.float32("nan")]) == [
        1.5,
        3,
        True,
        "NaN",
    ]
    assert described(numpy.datetime64("2026-01-31T12:00:00.5", "ns")) == "2026-01-31T12:00:00.500000000"
    assert described(numpy.longdouble(1.5)) == "1.5"
    assert described(record)["first"] == [{"a": 1, "password": "[redacted]"}]
    assert described(record[0]) == {"a": 1, "password": "[redacted]"}
    assert described(numpy.array([{"token": "x"}], dtype=object))["first"] == [{"token": "[redacted]"}]


def test_real_pandas(pandas: Any) -> None:
    frame = pandas.DataFrame({"a": [1, 2], "password": ["x", "y"], "at": pandas.to_datetime(["2026-01-31", None])})

    told = described(frame)

    assert told["$table"] == "pandas.DataFrame" or told["$table"].endswith(".DataFrame")
    assert told["shape"] == [2, 3]
    assert [(column["name"], column["first"]) for column in told["columns"]] == [
        ("a", [1, 2]),
        ("password", "[redacted]"),
        ("at", ["2026-01-31T00:00:00", "NaT"]),
    ]
    assert described(frame["a"])["first"] == [1, 2]
    assert described(frame.iloc[0])["first"][1] == ["password", "[redacted]"]
    assert described(pandas.Timestamp("2026-01-31")) == "2026-01-31T00:00:00"


def test_real_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Answer(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="allow")
        text: str
        key: pydantic.SecretStr
        hidden: int = pydantic.Field(1, exclude=True)

    assert described(Answer(text="a", key="s", more=[1])) == {"text": "a", "key": "[redacted]", "more": [1]}
    assert described(pydantic.RootModel[list[int]]([1])) == [1]
