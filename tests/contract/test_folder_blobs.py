"""The contract of stores of bytes, on a folder; and what only a folder can do wrong."""

from __future__ import annotations

import errno
import gc
import os
import stat
import warnings
from contextlib import closing
from pathlib import Path

import pytest

from runreel.errors import ConfigError, NotFoundError, StorageFullError, StorageUnavailableError
from runreel.model.scope import Scope
from runreel.storage.blobs import open_blobs
from runreel.storage.blobs.folder import FolderBlobStore
from runreel.storage.port import BlobStore
from runreel.testing.contract import BlobStoreContract
from runreel.testing.contract.blob_store import CONTENT, put_bytes

SCOPE = Scope()


class TestFolderBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> BlobStore:
        return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "blobs"


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_only_their_owner_can_read_them(root: Path) -> None:
    put_bytes(open_blobs(str(root)), SCOPE, [CONTENT])
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")] if path.is_dir()}
    assert modes == {0o700}
    assert [stat.S_IMODE(path.stat().st_mode) for path in _files(root)] == [0o600]


def test_nothing_is_made_before_something_is_put_there(root: Path) -> None:
    blobs = open_blobs(str(root))
    assert list(blobs.iter_hashes(SCOPE)) == []
    assert not root.parent.exists()


def test_a_full_disk_says_so_and_nothing_is_left(root: Path) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    open_blobs(str(root)).begin(SCOPE).close()
    blobs = FolderBlobStore(root, sync=refuse)
    blobs._is_ready = True
    with pytest.raises(StorageFullError):
        put_bytes(blobs, SCOPE, [CONTENT])
    assert _files(root) == []


def test_they_lie_two_folders_deep(root: Path) -> None:
    content_hash = put_bytes(open_blobs(str(root)), SCOPE, [CONTENT])
    digest = content_hash.removeprefix("sha256:")
    (path,) = _files(root)
    assert path.relative_to(root).parts[1:] == (digest[:2], digest[2:4], digest)


def test_they_are_on_the_disk_before_the_commit_returns(root: Path) -> None:
    """The file is synced under its first name, and every folder on the way to it after it was put there."""
    synced: list[tuple[Path, int]] = []

    def note(descriptor: int) -> None:
        n_placed = len([path for path in _files(root) if path.parent.name != "arriving"])
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink(), n_placed))

    blobs = FolderBlobStore(root, sync=note)
    put_bytes(blobs, SCOPE, [b"the first ones make the folder"])
    for path in _files(root):
        path.unlink()
    synced.clear()
    put_bytes(blobs, SCOPE, [CONTENT])
    (path,) = _files(root)
    (arrived, n_placed), *folders = synced
    assert (arrived.parent.name, n_placed) == ("arriving", 0)
    assert folders == [(folder, 1) for folder in path.parents if folder == root or root in folder.parents]


def test_what_is_dropped_leaves_nothing(root: Path) -> None:
    with closing(open_blobs(str(root)).begin(SCOPE)) as writer:
        writer.write(CONTENT)
        assert len(_files(root)) == 1
    assert _files(root) == []


def test_what_a_killed_process_left_is_removed_a_day_later(root: Path) -> None:
    open_blobs(str(root)).begin(SCOPE)._file.close()  # type: ignore[attr-defined]
    open_blobs(str(root)).begin(SCOPE).close()
    (left,) = _files(root)
    os.utime(left, (0, 0))
    open_blobs(str(root)).begin(SCOPE).close()
    assert _files(root) == []


def test_damaged_bytes_are_healed_by_sending_them_again(root: Path) -> None:
    blobs = open_blobs(str(root))
    content_hash = put_bytes(blobs, SCOPE, [CONTENT])
    (path,) = _files(root)
    path.write_bytes(b"damaged")
    put_bytes(blobs, SCOPE, [CONTENT])
    assert b"".join(blobs.read(SCOPE, content_hash)) == CONTENT


def test_what_is_read_stays_readable_while_it_is_deleted(root: Path) -> None:
    blobs = open_blobs(str(root))
    content_hash = put_bytes(blobs, SCOPE, [CONTENT])
    reading = blobs.read(SCOPE, content_hash)
    blobs.delete(SCOPE, content_hash)
    assert b"".join(reading) == CONTENT


def test_files_of_others_are_no_bytes(root: Path) -> None:
    blobs = open_blobs(str(root))
    content_hash = put_bytes(blobs, SCOPE, [CONTENT])
    (path,) = _files(root)
    (path.parent / "note.txt").write_text("x")
    (path.parent.parent / "note.txt").write_text("x")
    assert list(blobs.iter_hashes(SCOPE)) == [content_hash]


def test_a_folder_that_is_none_says_so_without_its_path(root: Path) -> None:
    root.parent.mkdir(parents=True)
    root.write_text("a file")
    with pytest.raises(StorageUnavailableError, match="folder of blobs") as caught:
        open_blobs(str(root)).begin(SCOPE)
    assert str(root) not in str(caught.value)


def test_a_folder_that_goes_away_says_so(root: Path) -> None:
    blobs = open_blobs(str(root))
    blobs.begin(SCOPE).close()
    for path in sorted(root.rglob("*"), reverse=True):
        path.rmdir()
    root.rmdir()
    with pytest.raises(StorageUnavailableError):
        blobs.begin(SCOPE)
    with pytest.raises(NotFoundError):
        blobs.read(SCOPE, "sha256:" + "0" * 64)


def test_another_kind_of_place_is_refused() -> None:
    with pytest.raises(ConfigError, match="s3://"):
        open_blobs("gs://bucket")


def test_a_reader_that_is_gone_before_the_first_chunk_leaves_nothing_open(root: Path) -> None:
    blobs = open_blobs(str(root))
    content_hash = put_bytes(blobs, SCOPE, [CONTENT])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        blobs.read(SCOPE, content_hash)
        gc.collect()
    assert [str(each.message) for each in told] == []
