"""Arrays and tables of numpy, pandas, polars, torch and the like as summaries: shape, type, first items.

Nothing of them is imported here: whoever has such a value has imported its library. What is called is the library's.
"""

from __future__ import annotations

from runreel.sdk import mark
from runreel.sdk.class_view import module_of, type_name, type_of
from runreel.sdk.quoting import quote
from runreel.sdk.redaction import REDACTED
from runreel.sdk.scalar import describe_str

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from runreel.sdk.scalar import Describer
    from runreel.sdk.walk import Walk

_N_ITEMS = 20
_N_ROWS = 5
_N_COLUMNS = 20


def ndarray_of(base: Any) -> Describer:
    """Make describers of arrays of numpy, of any number of dimensions."""
    shape, dtype, flat = base.shape.__get__, base.dtype.__get__, base.flat.__get__

    def describe(walk: Walk, value: object, depth: int) -> str:
        kind = dtype(value)
        first = flat(value)[:_N_ITEMS]
        # Instants and durations of nanoseconds would become bare integers.
        first = (first.astype(str) if kind.kind in "mM" else first).tolist()
        return _array(walk, value, shape(value), kind, _with_names(first, kind), depth)

    return describe


def numpy_scalar_of(base: Any) -> Describer:
    """Make describers of numpy's single values: they are the value of Python that they stand for."""

    def describe(walk: Walk, value: object, depth: int) -> str:
        plain = base.item(value)
        if type_of(plain) is type_of(value):  # a number that Python has no type for
            return describe_str(walk, str(plain), depth)
        return walk.text(_with_names([plain], base.dtype.__get__(value))[0], depth)

    return describe


def tensor_of(_base: Any) -> Describer:
    """Make describers of tensors of torch; those of another device are not fetched from it."""

    def describe(walk: Walk, value: Any, depth: int) -> str:
        device = str(value.device)
        first: object = None
        if device == "cpu" and module_of(type_of(value)).startswith("torch") and value.is_contiguous():
            first = value.detach().view(-1)[:_N_ITEMS].tolist()
        return _array(walk, value, value.shape, value.dtype, first, depth, device=quote(device))

    return describe


def describe_shaped(walk: Walk, value: Any, depth: int) -> str:
    """Describe a value of another library of arrays, which may be far away or not computed yet."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None:
        return mark.named("type", type_name(type_of(value)))
    return _array(walk, value, shape, dtype, None, depth)


def series_of(_base: object) -> Describer:
    """Make describers of a column of pandas, or of a row, whose labels are the names of columns."""

    def describe(walk: Walk, value: Any, depth: int) -> str:
        name = value.name
        head = value.iloc[:_N_ITEMS]
        values: list[object] = head.tolist()
        labels: list[object] = head.index.tolist()
        first: object = values
        if walk.hides(name):
            first = REDACTED
        elif not all(type(label) is int for label in labels):
            first = list(zip(labels, values, strict=True))  # as pairs, of which a label may hide its value
        return _array(walk, value, value.shape, value.dtype, first, depth, name=walk.text(name, depth + 1))

    return describe


def index_of(_base: object) -> Describer:
    """Make describers of an index of pandas."""

    def describe(walk: Walk, value: Any, depth: int) -> str:
        first = value[:_N_ITEMS].tolist()
        return _array(walk, value, value.shape, value.dtype, first, depth, name=walk.text(value.name, depth + 1))

    return describe


def frame_of(_base: object) -> Describer:
    """Make describers of a table of pandas."""

    def describe(walk: Walk, value: Any, depth: int) -> str:
        head = value.iloc[:_N_ROWS, :_N_COLUMNS]
        rows = list(head.itertuples(index=False, name=None))
        columns = zip(head.columns.tolist(), head.dtypes.tolist(), strict=True)
        return _table(walk, value, list(columns), rows, depth)

    return describe


def polars_frame_of(_base: object) -> Describer:
    """Make describers of a table of polars."""

    def describe(walk: Walk, value: Any, depth: int) -> str:
        columns = list(zip(value.columns, value.dtypes, strict=True))[:_N_COLUMNS]
        rows = value.head(_N_ROWS).select(value.columns[:_N_COLUMNS]).rows()
        return _table(walk, value, columns, rows, depth)

    return describe


def polars_series_of(_base: object) -> Describer:
    """Make describers of a column of polars."""

    def describe(walk: Walk, value: Any, depth: int) -> str:
        first: object = REDACTED if walk.is_secret(value.name) else value.head(_N_ITEMS).to_list()
        return _array(walk, value, value.shape, value.dtype, first, depth, name=quote(value.name))

    return describe


def _with_names(items: list[Any], dtype: Any) -> list[Any]:
    """Return the items of a structured array as maps, since a name of a field may hide its value."""
    return [dict(zip(dtype.names, item, strict=True)) for item in items] if dtype.names else items


def _array(walk: Walk, value: object, shape: Any, dtype: object, first: object, depth: int, **more: str) -> str:
    sizes = f"[{','.join(_size(size) for size in shape)}]"
    more |= {"shape": sizes, "dtype": quote(str(dtype))}
    if first is not None:
        more["first"] = walk.text(first, depth + 1)
    return mark.named("array", type_name(type(value)), **more)


def _table(
    walk: Walk, value: Any, columns: list[tuple[object, object]], rows: list[tuple[object, ...]], depth: int
) -> str:
    n_rows, n_columns = value.shape
    told: list[object] = [
        {
            "name": name,
            "dtype": str(dtype),
            "first": REDACTED if walk.hides(name) else [row[place] for row in rows],
        }
        for place, (name, dtype) in enumerate(columns)
    ]
    text = walk.sequence(told, n_columns, lambda _: told, depth)
    return mark.named("table", type_name(type_of(value)), shape=f"[{n_rows},{n_columns}]", columns=text)


def _size(size: object) -> str:
    return "null" if size is None else str(int(size))  # type: ignore[call-overload]
