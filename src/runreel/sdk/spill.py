"""Files of a run: what the program made, and values that are too large to stand in a record."""

from __future__ import annotations

import os

from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.ids import new_id
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field, plain_mapping
from runreel.sdk.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from runreel.sdk.context import Place

_SUFFIXES = {"text/plain": "txt", "application/octet-stream": "bin", "application/json": "json"}


class PathOf:
    """A path that was given as text, told from text that is the content itself."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __fspath__(self) -> str:
        return self._path


def keep_value(data: bytes | str, media_type: str, owner: object) -> str | None:
    """Keep a large value as a file of the run that `owner` is; return its id, None where it can't be kept."""
    if not isinstance(owner, Run):
        return None
    try:
        file_id = new_id()
        kept = owner.client.spool_file(owner, data, file_id=file_id)
        if kept.problem is not None:
            say_once(
                f"value not kept: {kept.problem}", f"a large value was cut, since it could not be kept: {kept.problem}"
            )
            return None
        fields = {
            "path": f"values/{file_id}.{_SUFFIXES.get(media_type, 'txt')}",
            "media_type": media_type,
            "file_type": "value",
        }
        _add_record(owner, file_id, kept.size_bytes, fields)
    except OWN_ERRORS as error:
        swallow("keep a large value", error)
        return None
    return file_id


def keep_file(
    place: Place,
    source: bytes | os.PathLike[str],
    *,
    fields: Mapping[str, object],
    is_final_output: bool,
    metadata: object,
) -> None:
    """Keep a file of a run and tell of it; one that can't be kept is told with the reason."""
    run = place.run
    file_id = new_id()
    kept = run.client.spool_file(run, source, file_id=file_id)
    told = plain_mapping(metadata, "metadata")
    if kept.problem is not None:
        told["not_kept"] = kept.problem
    more = f',"event_id":"{place.event_id}"' if place.event_id else ""
    more += name_field("node_id", place.node_id)
    if is_final_output:
        more += ',"is_final_output":true'
    if told:
        more += f',"metadata":{run.values.text(told, run)}'
    _add_record(run, file_id, kept.size_bytes, fields, more)


def _add_record(run: Run, file_id: str, size_bytes: int | None, fields: Mapping[str, object], more: str = "") -> None:
    texts = "".join(name_field(name, word) for name, word in fields.items())
    size = "" if size_bytes is None else f',"size_bytes":{size_bytes}'
    run.add('"record":"file"', f',"file_id":{quote(file_id)}{texts}{size}{more}')
