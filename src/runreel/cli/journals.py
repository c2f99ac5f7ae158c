"""The journals on this machine: where they are, what waits in them, and to which server and key each belongs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from runreel.errors import ConfigError

if TYPE_CHECKING:
    from runreel.sdk.journal.folder import Found

_DEFAULT_PORTS = {"http": 80, "https": 443}


def find_waiting(folder: str | None, env: Mapping[str, str]) -> list[Found]:
    """Return the journals below a folder, by default below that of this machine; or the one that the folder is.

    Raises:
        ConfigError: there is no such folder.
    """
    from runreel.sdk.journal.folder import DESCRIPTION_NAME, find_journals

    root = Path(root_of(folder, env))
    if folder is not None and not root.is_dir():
        raise ConfigError(f"there is no folder {folder!r}; give one with journals, such as RUNREEL_JOURNAL names")
    if (root / DESCRIPTION_NAME).is_file():
        parent = root.resolve().parent
        found = find_journals(str(parent.parent), parent.name)
        return [each for each in found if Path(each.folder) == root.resolve()]
    return find_journals(str(root))


def root_of(folder: str | None, env: Mapping[str, str]) -> str:
    """Return the folder that is meant."""
    from runreel.sdk.settings import journal_root

    return journal_root(env) if folder is None else folder


def has_key(found: Found, api_key: str | None) -> bool:
    """Tell whether a journal was recorded for its address with this key, or none."""
    from runreel.sdk.target import fingerprint

    return found.url is not None and found.target_key == fingerprint(found.url, api_key)


def is_address_of(url: str, base_url: str) -> bool:
    """Tell whether an address leads to the server at another; this machine's loopback has many names."""
    wanted, own = _place_of(url), _place_of(base_url)
    return wanted is not None and wanted == own


def _place_of(url: str) -> tuple[str, str, int | None, str] | None:
    from runreel.sdk.transport import is_loopback

    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, "loopback" if is_loopback(host) else host, port, parts.path.rstrip("/")


def is_process(pid: int) -> bool:
    """Tell whether a process with this id is seen from here; on Windows nobody is asked, and all are."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def count_files(found: Found) -> tuple[int, int]:
    """Return how many files wait beside the records of a journal, and their bytes."""
    from runreel.sdk.blob_spool import FOLDER_NAME

    sizes: list[int] = []
    # The recorder may deliver and remove them meanwhile.
    with suppress(OSError):
        for path in (Path(found.folder) / FOLDER_NAME).iterdir():
            with suppress(OSError):
                sizes.append(path.stat().st_size)
    return len(sizes), sum(sizes)


def iter_dead_letters(folder: Path) -> Iterator[tuple[str, str | None]]:
    """Yield the reason of each refused record that is kept in a target's folder, and what the record speaks of."""
    from runreel.sdk.dead_letter import FILE_NAME, FORMER_FILE_NAME

    for name in (FORMER_FILE_NAME, FILE_NAME):
        with suppress(OSError), (folder / name).open("rb") as file:
            for line in file:
                yield _read_letter(line)


def _read_letter(line: bytes) -> tuple[str, str | None]:
    try:
        letter: object = json.loads(line)
    except ValueError:
        return "the line can't be read", None
    stated = cast("dict[str, object]", letter) if isinstance(letter, dict) else {}
    record = stated.get("record")
    kind = cast("dict[str, object]", record).get("record") if isinstance(record, dict) else None
    return str(stated.get("reason") or "no reason was given"), kind if isinstance(kind, str) else None
