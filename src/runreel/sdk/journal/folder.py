"""The folder of a journal: how it is made, described, found and removed.

`<root>/<target key>/<recorder id>/` holds `lock`, `journal.json` and segments; others may keep folders of their own in
it, such as one with blobs, and while there is anything in those it stays.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

from runreel.errors import ConfigError
from runreel.sdk.journal.layout import FORMAT, find_head, find_other_format, read_slots
from runreel.sdk.journal.lock import LOCK_NAME, FolderLock, is_locked, take_lock
from runreel.sdk.journal.reading import count_frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from runreel.sdk.journal.layout import Head

    class Target(Protocol):
        """Where records go. The key is a fingerprint of address and API key, and tells neither."""

        @property
        def key(self) -> str: ...

        @property
        def url(self) -> str: ...


SEGMENT_SUFFIX = ".segment"
DESCRIPTION_NAME = "journal.json"
_NEW_DESCRIPTION_NAME = "journal.json.new"
_PRIVATE = 0o700
_N_TRIES = 100


class Found:
    """A journal on disk, as it was when it was looked at.

    `n_records` and `n_bytes` are what waits in it; `oldest_at` is about when the oldest of that was recorded. `problem`
    says why it, or a part of it, can't be read by this version.
    """

    __slots__ = (
        "folder",
        "is_alive",
        "n_bytes",
        "n_records",
        "oldest_at",
        "pid",
        "problem",
        "recorder_id",
        "started_at",
        "target_key",
        "url",
    )

    def __init__(self, folder: str, *, target_key: str, recorder_id: str) -> None:
        self.folder = folder
        self.target_key = target_key
        self.recorder_id = recorder_id
        self.url: str | None = None
        self.pid: int | None = None
        self.started_at: float | None = None
        self.oldest_at: float | None = None
        self.n_bytes = 0
        self.n_records = 0
        self.is_alive = False
        self.problem: str | None = None


def make_folder(root: str, target: Target, recorder_id: str) -> tuple[str, FolderLock]:
    """Make the folder of a new journal, and take its lock.

    Raises:
        ConfigError: a recorder with this id has a journal there.
        OSError: the folder can't be made, or not locked.
    """
    folder = os.path.join(root, target.key, recorder_id)
    description = os.path.join(folder, DESCRIPTION_NAME)
    for _ in range(_N_TRIES):
        os.makedirs(root, mode=_PRIVATE, exist_ok=True)
        for part in (os.path.dirname(folder), folder):
            # Whoever cleans up may remove an empty folder at any moment until its lock is held.
            with suppress(FileExistsError, FileNotFoundError):
                os.mkdir(part, _PRIVATE)
        if os.path.exists(description):
            break
        lock = take_lock(folder)
        if lock is None:
            continue
        if os.path.exists(description):
            lock.release()
            break
        _describe(description, target)
        return folder, lock
    raise ConfigError(f"there is a journal in {folder!r} already; give each recorder an id of its own")


def find_journals(root: str, target_key: str | None = None) -> list[Found]:
    """Return the journals below a root, the oldest first; of one target if a key is given.

    Nothing is changed or locked beyond a moment's look at each lock.
    """
    found = list_journals(root, target_key)
    for each in found:
        if each.problem is None:
            _add_segments(each, list_segments(each.folder))
    return sorted(found, key=lambda each: each.oldest_at or each.started_at or 0.0)


def list_journals(root: str, target_key: str | None = None) -> list[Found]:
    """Return the journals below a root as `find_journals` does, but read nothing of what waits in them.

    So the counts are 0, and it is quick, however much waits.
    """
    keys = _subfolders(root) if target_key is None else [target_key]
    looked = [_look(root, key, name) for key in keys for name in _subfolders(os.path.join(root, key))]
    return sorted((each for each in looked if each), key=lambda each: each.started_at or 0.0)


def read_description(folder: str) -> dict[str, object]:
    """Return what `journal.json` says; nothing if it is missing or damaged."""
    import json

    try:
        with open(os.path.join(folder, DESCRIPTION_NAME), "rb") as file:
            said: dict[str, object] | list[object] = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def find_folder_problem(description: dict[str, object]) -> str | None:
    """Return why a journal is left alone as a whole, if it is."""
    version = description.get("format")
    return _other_version(version) if isinstance(version, int) and version != FORMAT else None


def find_segment_problem(name: str, data: bytes) -> str | None:
    """Return why a segment without a sound head is left alone; None for room that was never used."""
    other = find_other_format(data)
    if other is not None:
        return f"{name}: {_other_version(other)}"
    if data.strip(b"\0"):
        return f"{name}: not a segment, or its head is damaged"
    return None


def _other_version(version: int) -> str:
    return f"written by another version of Runreel (format {version}; this one reads {FORMAT})"


def list_segments(folder: str) -> list[str]:
    """Return the names of the segments in a folder; none if it is gone."""
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(SEGMENT_SUFFIX))
    except OSError:
        return []


def read_file(path: str) -> bytes:
    """Return what is in a file; nothing if it is gone or can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def remove_files(folder: str) -> None:
    """Remove all segments; for the holder of the lock, who knows that nothing waits in them."""
    for name in list_segments(folder):
        with suppress(OSError):
            os.unlink(os.path.join(folder, name))


def has_only_own(folder: str) -> bool:
    """Tell whether nothing but a journal without segments is there. Empty folders that others left are removed."""
    own = {LOCK_NAME, DESCRIPTION_NAME, _NEW_DESCRIPTION_NAME}
    for name in _subfolders(folder):
        with suppress(OSError):
            os.rmdir(os.path.join(folder, name))
    try:
        return own.issuperset(os.listdir(folder))
    except OSError:
        return False


def remove_folder(folder: str, lock: FolderLock) -> None:
    """Remove a journal in which nothing waits, and let go of its lock.

    Segments that are there stay, and so does everything then.
    """
    try:
        if not has_only_own(folder):
            return
        for name in (_NEW_DESCRIPTION_NAME, DESCRIPTION_NAME):
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))
        if sys.platform == "win32":
            lock.release()  # an open file can't be removed there
        lock.remove_file()
        for path in (folder, os.path.dirname(folder)):
            with suppress(OSError):
                os.rmdir(path)
    finally:
        lock.release()


def _describe(path: str, target: Target) -> None:
    import json

    import runreel

    description = {
        "format": FORMAT,
        "url": target.url,
        "key_fingerprint": target.key,
        "pid": os.getpid(),
        "started_at": time.time(),
        "sdk": f"runreel/{runreel.__version__}",
    }
    new = os.path.join(os.path.dirname(path), _NEW_DESCRIPTION_NAME)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, json.dumps(description, indent=1).encode() + b"\n")
    finally:
        os.close(descriptor)
    os.replace(new, path)


def _subfolders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _look(root: str, target_key: str, recorder_id: str) -> Found | None:
    folder = os.path.join(root, target_key, recorder_id)
    description = read_description(folder)
    if not list_segments(folder) and not os.path.exists(os.path.join(folder, DESCRIPTION_NAME)):
        return None
    found = Found(folder, target_key=target_key, recorder_id=recorder_id)
    try:
        found.is_alive = is_locked(folder)
    except OSError as error:
        found.problem = f"can't be read: {error.strerror}"
    _add_description(found, description)
    return found


def _add_description(found: Found, description: dict[str, object]) -> None:
    url, pid, started_at = (description.get(key) for key in ("url", "pid", "started_at"))
    found.url = url if isinstance(url, str) else None
    found.pid = pid if isinstance(pid, int) else None
    found.started_at = float(started_at) if isinstance(started_at, int | float) else None
    found.problem = found.problem or find_folder_problem(description)


def _add_segments(found: Found, names: list[str]) -> None:
    for head, data in _iter_segments(found, names):
        n_records, n_bytes = count_frames(data, head.salt, read_slots(data, head.salt)[0])
        found.n_records += n_records
        found.n_bytes += n_bytes
        if n_records:
            found.oldest_at = min(head.opened_at, found.oldest_at or head.opened_at)


def _iter_segments(found: Found, names: list[str]) -> Iterator[tuple[Head, bytes]]:
    for name in names:
        data = read_file(os.path.join(found.folder, name))
        head = find_head(data)
        if head is None:
            found.problem = found.problem or find_segment_problem(name, data)
        else:
            yield head, data
