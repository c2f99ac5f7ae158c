"""The contract of `BlobStore`: bytes by project and content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing

import pytest

from runreel.errors import NotFoundError
from runreel.model.blob import format_content_hash
from runreel.model.scope import Scope
from runreel.storage.port import BlobStore
from runreel.testing.contract.base import at_once

CONTENT = bytes(range(256)) * 40
NOTHING = format_content_hash(hashlib.sha256(b"nothing").hexdigest())


class BlobStoreContract:
    """Every promise of `BlobStore`; a subclass gives the fixture `blobs`."""

    @pytest.fixture
    def blobs(self) -> BlobStore:
        """Provide the store to test; other tests may have used it before."""
        raise NotImplementedError("a subclass of the contract gives its store here")

    @pytest.fixture
    def scope(self, request: pytest.FixtureRequest) -> Scope:
        return Scope(project=request.node.nodeid)

    @pytest.fixture
    def elsewhere(self, request: pytest.FixtureRequest) -> Scope:
        """Give another project, which must never see anything of the first."""
        return Scope(project=f"{request.node.nodeid} elsewhere")

    @pytest.mark.parametrize("size_bytes", [0, 1, 10_000, 3_000_000, 20_000_000])
    def test_bytes_come_back_as_they_were_written(self, blobs: BlobStore, scope: Scope, size_bytes: int) -> None:
        content = (CONTENT * (size_bytes // len(CONTENT) + 1))[:size_bytes]
        content_hash = put_bytes(blobs, scope, [content[:5], content[5:], b""])
        assert content_hash == format_content_hash(hashlib.sha256(content).hexdigest())
        assert blobs.get_size(scope, content_hash) == size_bytes
        assert b"".join(blobs.read(scope, content_hash)) == content

    @pytest.mark.parametrize(
        ("start", "end"),
        [(0, 1), (0, 10240), (5, 10), (10239, 10240), (10239, 99999), (7, None), (5, 5), (10240, None)],
    )
    def test_a_part_is_read(self, blobs: BlobStore, scope: Scope, start: int, end: int | None) -> None:
        content_hash = put_bytes(blobs, scope, [CONTENT])
        assert b"".join(blobs.read(scope, content_hash, start=start, end=end)) == CONTENT[start:end]

    def test_what_is_not_there_is_not_found(self, blobs: BlobStore, scope: Scope) -> None:
        with pytest.raises(NotFoundError):
            blobs.read(scope, NOTHING)
        with pytest.raises(NotFoundError):
            blobs.get_size(scope, NOTHING)
        assert list(blobs.iter_hashes(scope)) == []

    @pytest.mark.parametrize("content_hash", ["", "sha256:", "../../x", "sha256:../x", "sha256:" + "G" * 64, "a" * 64])
    def test_nothing_is_kept_under_what_is_no_hash(self, blobs: BlobStore, scope: Scope, content_hash: str) -> None:
        with pytest.raises(NotFoundError):
            blobs.read(scope, content_hash)
        with pytest.raises(NotFoundError):
            blobs.get_size(scope, content_hash)
        with pytest.raises(NotFoundError):
            blobs.delete(scope, content_hash)

    def test_nothing_is_there_before_the_commit(self, blobs: BlobStore, scope: Scope) -> None:
        with closing(blobs.begin(scope)) as writer:
            writer.write(CONTENT)
            with pytest.raises(NotFoundError):
                blobs.get_size(scope, writer.content_hash)
            assert writer.size_bytes == len(CONTENT)
        with pytest.raises(NotFoundError):
            blobs.get_size(scope, writer.content_hash)
        assert list(blobs.iter_hashes(scope)) == []

    def test_closing_a_writer_twice_is_safe(self, blobs: BlobStore, scope: Scope) -> None:
        writer = blobs.begin(scope)
        writer.write(CONTENT)
        writer.commit()
        writer.close()
        writer.close()
        assert b"".join(blobs.read(scope, writer.content_hash)) == CONTENT

    def test_the_same_bytes_again_change_nothing(self, blobs: BlobStore, scope: Scope) -> None:
        hashes = {put_bytes(blobs, scope, [CONTENT]) for _ in range(3)}
        assert list(blobs.iter_hashes(scope)) == list(hashes)

    def test_the_same_bytes_at_once_are_there_once(self, blobs: BlobStore, scope: Scope) -> None:
        hashes = at_once([lambda: put_bytes(blobs, scope, [CONTENT])] * 8)
        assert list(blobs.iter_hashes(scope)) == [hashes[0]]
        assert b"".join(blobs.read(scope, hashes[0])) == CONTENT

    def test_projects_do_not_see_each_other(self, blobs: BlobStore, scope: Scope, elsewhere: Scope) -> None:
        content_hash = put_bytes(blobs, scope, [CONTENT])
        with pytest.raises(NotFoundError):
            blobs.read(elsewhere, content_hash)
        with pytest.raises(NotFoundError):
            blobs.get_size(elsewhere, content_hash)
        assert list(blobs.iter_hashes(elsewhere)) == []
        blobs.delete(elsewhere, content_hash)
        assert blobs.get_size(scope, content_hash) == len(CONTENT)

    @pytest.mark.parametrize("project", ["..", "a/b", "/", "", "é" * 300, "a\0b"])
    def test_a_project_may_be_called_anything(self, blobs: BlobStore, scope: Scope, project: str) -> None:
        scope = Scope(project=f"{project}{scope.project}" if project == "" else project)
        content_hash = put_bytes(blobs, scope, [CONTENT])
        assert list(blobs.iter_hashes(scope)) == [content_hash]

    def test_deleting_removes_and_is_safe_twice(self, blobs: BlobStore, scope: Scope) -> None:
        content_hash, other = put_bytes(blobs, scope, [CONTENT]), put_bytes(blobs, scope, [b"other"])
        for _ in range(2):
            blobs.delete(scope, content_hash)
            with pytest.raises(NotFoundError):
                blobs.read(scope, content_hash)
        assert list(blobs.iter_hashes(scope)) == [other]
        assert put_bytes(blobs, scope, [CONTENT]) == content_hash
        assert blobs.get_size(scope, content_hash) == len(CONTENT)

    def test_hashes_stand_in_order_and_after_one(self, blobs: BlobStore, scope: Scope) -> None:
        hashes = sorted(put_bytes(blobs, scope, [b"%d" % n]) for n in range(30))
        assert list(blobs.iter_hashes(scope)) == hashes
        for place in (0, 13, 29):
            assert list(blobs.iter_hashes(scope, after=hashes[place])) == hashes[place + 1 :]


def put_bytes(blobs: BlobStore, scope: Scope, chunks: Sequence[bytes]) -> str:
    """Write and commit bytes; return their hash."""
    with closing(blobs.begin(scope)) as writer:
        for chunk in chunks:
            writer.write(chunk)
        writer.commit()
        return writer.content_hash
