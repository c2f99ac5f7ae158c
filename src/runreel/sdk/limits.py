"""How much of one value is told."""

from __future__ import annotations


class Limits:
    """Bounds of what is written of one value; what goes beyond is cut with a mark that shows it.

    Depth, items and values bound the time as well: what is beyond them isn't looked at.
    """

    __slots__ = (
        "chars",
        "depth",
        "file_bytes",
        "files",
        "frames",
        "inline_bytes",
        "inline_chars",
        "items",
        "key_chars",
        "message_chars",
        "object_depth",
        "preview_chars",
        "values",
    )

    def __init__(
        self,
        *,
        depth: int = 20,
        items: int = 1_000,
        values: int = 10_000,
        chars: int = 1_048_576,
        inline_chars: int = 65_536,
        inline_bytes: int = 4_096,
        preview_chars: int = 1_000,
        files: int = 16,
        file_bytes: int = 67_108_864,
        key_chars: int = 255,
        object_depth: int = 2,
        message_chars: int = 10_000,
        frames: int = 100,
    ) -> None:
        self.depth = depth
        self.items = items  # of one list or map
        self.values = values  # in all
        self.chars = chars  # of all texts together
        self.inline_chars = inline_chars  # a longer text becomes a file
        self.inline_bytes = inline_bytes  # more bytes become a file
        self.preview_chars = preview_chars
        self.files = files  # of one value
        self.file_bytes = file_bytes  # of one file; copying more would hold up the host
        self.key_chars = key_chars
        self.object_depth = object_depth  # of ordinary objects in each other: beyond, only their type is told
        self.message_chars = message_chars  # of an error
        self.frames = frames  # of an error's stack, with its causes
