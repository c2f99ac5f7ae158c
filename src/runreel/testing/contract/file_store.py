"""The contract of `FileStore`: bytes of files, leases, and the sweep."""

from __future__ import annotations

from contextlib import closing

import pytest

from runreel.errors import NotFoundError
from runreel.model.blob import Blob
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once
from runreel.testing.record import AT, HOUR, NOW, make_event, make_file, make_run

CONTENT = b"bytes of a file"
LONG_AFTER = NOW + 30 * 24 * HOUR
_LARGE = "large" * 100_000


class FileStoreContract(StoreContract):
    """Every promise of `FileStore`; a subclass gives the fixture `store`."""

    def test_a_file_is_found_in_its_run(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_file(file_type="report"), make_run("run-2"))
        assert store.files.get_file(scope, "run-1", "file-1").file_type == "report"
        for where, run_id, file_id in (
            (scope, "run-1", "file-2"),
            (scope, "run-2", "file-1"),
            (scope, "run-3", "file-1"),
            (elsewhere, "run-1", "file-1"),
            (scope, "run-1", "a\0b"),
        ):
            with pytest.raises(NotFoundError):
                store.files.get_file(where, run_id, file_id)
            with pytest.raises(NotFoundError):
                store.files.get_content(where, run_id, file_id)

    def test_bytes_of_a_file_come_back(self, store: Store, scope: Scope) -> None:
        blob = keep(store, scope)
        apply(store, scope, make_file(content_hash=blob.content_hash))
        content = store.files.get_content(scope, "run-1", "file-1")
        assert (content.size_bytes, content.content_hash) == (len(CONTENT), blob.content_hash)
        assert content.file == store.files.get_file(scope, "run-1", "file-1")
        assert b"".join(content.read(2, 7)) == CONTENT[2:7]

    @pytest.mark.parametrize("content_hash", [None, "abc", "sha256:" + "0" * 64])
    def test_a_reference_has_no_bytes(self, store: Store, scope: Scope, content_hash: str | None) -> None:
        apply(store, scope, make_file(content_hash=content_hash))
        with pytest.raises(NotFoundError):
            store.files.get_content(scope, "run-1", "file-1")

    def test_bytes_of_another_project_are_not_there(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        blob = keep(store, elsewhere)
        apply(store, scope, make_file(content_hash=blob.content_hash))
        with pytest.raises(NotFoundError):
            store.files.get_content(scope, "run-1", "file-1")
        with pytest.raises(NotFoundError):
            store.files.renew(scope, blob.content_hash, now=NOW)

    def test_bytes_may_come_before_or_after_their_name(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_file(content_hash=keep(store, scope, b"a").content_hash))
        hash_of_b = keep(store, Scope(project=f"{scope.project} other"), b"b").content_hash
        apply(store, scope, make_file("file-2", content_hash=hash_of_b))
        keep(store, scope, b"b")
        assert [read(store, scope, "run-1", name) for name in ("file-1", "file-2")] == [b"a", b"b"]

    def test_what_nothing_names_is_swept_when_its_lease_is_over(self, store: Store, scope: Scope) -> None:
        blob = keep(store, scope)
        assert NOW < blob.kept_until < LONG_AFTER
        sweep(store, now=blob.kept_until - 1)
        assert is_kept(store, scope, blob)
        # Asking kept it longer.
        sweep(store, now=blob.kept_until)
        assert is_kept(store, scope, blob)
        sweep(store, now=LONG_AFTER)
        assert not is_kept(store, scope, blob)

    def test_uploading_again_extends_the_lease(self, store: Store, scope: Scope) -> None:
        blob = keep(store, scope)
        again = keep(store, scope, now=NOW + HOUR)
        assert again.kept_until == blob.kept_until + HOUR
        sweep(store, now=blob.kept_until)
        assert is_kept(store, scope, blob)

    def test_uploading_again_never_shortens_the_lease(self, store: Store, scope: Scope) -> None:
        blob = keep(store, scope)
        keep(store, scope, now=NOW - 20 * 24 * HOUR)
        sweep(store, now=blob.kept_until - 1)
        assert is_kept(store, scope, blob)

    def test_renewing_extends_the_lease(self, store: Store, scope: Scope) -> None:
        blob = keep(store, scope)
        assert store.files.renew(scope, blob.content_hash, now=NOW + HOUR).kept_until == blob.kept_until + HOUR
        assert store.files.renew(scope, blob.content_hash, now=NOW).kept_until == blob.kept_until + HOUR

    def test_what_a_file_names_is_not_swept(self, store: Store, scope: Scope) -> None:
        blob, bare = keep(store, scope), keep(store, scope, b"bare")
        apply(store, scope, make_file(content_hash=blob.content_hash))
        apply(store, scope, make_file("file-2", content_hash=bare.content_hash.removeprefix("sha256:").upper()))
        sweep(store, now=LONG_AFTER)
        assert read(store, scope) == CONTENT
        assert read(store, scope, "run-1", "file-2") == b"bare"

    def test_what_a_file_of_another_project_names_is_swept(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        blob = keep(store, scope)
        keep(store, elsewhere)
        apply(store, elsewhere, make_file(content_hash=blob.content_hash))
        sweep(store, now=LONG_AFTER)
        assert not is_kept(store, scope, blob)
        assert read(store, elsewhere) == CONTENT

    def test_deleting_a_run_releases_what_its_files_name(self, store: Store, scope: Scope) -> None:
        blob = keep(store, scope)
        apply(
            store, scope, *(make_file(run_id=run_id, content_hash=blob.content_hash) for run_id in ("run-1", "run-2"))
        )
        store.runs.delete_run(scope, "run-1", now=NOW)
        sweep(store, now=LONG_AFTER)
        assert read(store, scope, "run-2") == CONTENT
        store.runs.delete_run(scope, "run-2", now=NOW)
        sweep(store, now=LONG_AFTER)
        assert not is_kept(store, scope, blob)

    def test_a_file_that_changes_releases_what_it_named(self, store: Store, scope: Scope) -> None:
        old, new = keep(store, scope, b"old"), keep(store, scope, b"new")
        apply(store, scope, make_file(content_hash=old.content_hash))
        apply(store, scope, make_file(at=AT + 1, content_hash=new.content_hash))
        sweep(store, now=LONG_AFTER)
        assert not is_kept(store, scope, old)
        assert read(store, scope) == b"new"

    def test_large_payloads_are_not_swept_while_their_events_stand(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", inputs=_LARGE), make_event("b", inputs=_LARGE))
        apply(store, scope, make_event("a", at=AT + 1, inputs=_LARGE + "x"))
        sweep(store, now=LONG_AFTER)
        found = [store.events.get_event(scope, "run-1", event_id).payload.inputs for event_id in ("a", "b")]
        assert found == [_LARGE + "x", _LARGE]

    def test_swept_bytes_may_come_again(self, store: Store, scope: Scope) -> None:
        keep(store, scope)
        sweep(store, now=LONG_AFTER)
        blob = keep(store, scope, now=LONG_AFTER)
        apply(store, scope, make_file(content_hash=blob.content_hash))
        assert read(store, scope) == CONTENT

    def test_a_sweep_comes_to_its_end_in_bounded_steps(self, store: Store, scope: Scope) -> None:
        named = [keep(store, scope, b"named %d" % n) for n in range(250)]
        unused = [keep(store, scope, b"unused %d" % n) for n in range(250)]
        files = [make_file(f"{n}", content_hash=blob.content_hash) for n, blob in enumerate(named)]
        apply(store, scope, *files)
        report = store.files.sweep(now=LONG_AFTER)
        assert report.resume_after is not None
        assert report.n_deleted < len(unused)
        sweep(store, now=LONG_AFTER)
        assert all(is_kept(store, scope, blob) for blob in named)
        assert not any(is_kept(store, scope, blob) for blob in unused)

    def test_a_sweep_at_once_with_others_deletes_each_once(self, store: Store, scope: Scope) -> None:
        sweep(store, now=LONG_AFTER)
        for n in range(20):
            keep(store, scope, b"%d" % n)
        assert sum(report.n_deleted for report in at_once([lambda: store.files.sweep(now=LONG_AFTER)] * 4)) == 20

    def test_looking_for_orphans_takes_nothing_else(self, store: Store, scope: Scope) -> None:
        blob = keep(store, scope)
        sweep_orphans(store)
        assert is_kept(store, scope, blob)


def keep(store: Store, scope: Scope, content: bytes = CONTENT, *, now: int = NOW) -> Blob:
    """Upload bytes."""
    with closing(store.files.begin_upload(scope)) as upload:
        upload.write(content)
        return store.files.keep(scope, upload, now=now)


def read(store: Store, scope: Scope, run_id: str = "run-1", file_id: str = "file-1") -> bytes:
    """Return the bytes of a file."""
    content = store.files.get_content(scope, run_id, file_id)
    return b"".join(content.read(0, content.size_bytes))


def is_kept(store: Store, scope: Scope, blob: Blob) -> bool:
    """Tell whether bytes are there; asking keeps them longer."""
    try:
        store.files.renew(scope, blob.content_hash, now=NOW + 1)
    except NotFoundError:
        return False
    return True


def sweep(store: Store, *, now: int) -> None:
    """Sweep to the end."""
    report = store.files.sweep(now=now)
    while report.resume_after is not None:
        report = store.files.sweep(now=now, resume_after=report.resume_after)


def sweep_orphans(store: Store) -> None:
    """Look for orphans to the end."""
    place = store.files.sweep_orphans()
    while place is not None:
        place = store.files.sweep_orphans(resume_after=place)
