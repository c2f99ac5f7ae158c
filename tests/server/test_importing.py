"""Importing what another process reads: the same comes of it, and its end is noticed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from runreel.errors import DecodeError, RunreelError, StorageFullError
from runreel.model.bundle import ImportOptions, ImportOutcome, RunImport
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.server.importing import BundleReport, Importer
from runreel.storage.port import BundleStore, Store
from runreel.testing.contract.base import apply
from runreel.testing.contract.file_store import keep
from runreel.testing.record import AT, NOW, make_event, make_file, make_run
from runreel.testing.workflow import make_workflow
from runreel.wire.bundle import PIECE_LINES, BundleWriter
from tests.support.app import copied_store

SCOPE = Scope()
HERE, APART = sys.maxsize, 0


@pytest.fixture
def other(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(copied_store(empty_file, tmp_path_factory.mktemp("other"))) as store:
        yield store


@pytest.fixture
def third(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(copied_store(empty_file, tmp_path_factory.mktemp("third"))) as store:
        yield store


@pytest.fixture(scope="module")
def bundle(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give a bundle of small runs, one that takes several transactions, one with files, and one that is damaged."""
    with closing(copied_store(empty_file, tmp_path_factory.mktemp("original"))) as store:
        record(store)
        return export(store).replace(b'"marked"', b'"changed"')


def record(store: Store) -> None:
    for n in range(5):
        apply(store, SCOPE, *make_workflow(f"small-{n}"))
    apply(store, SCOPE, make_run("damaged"), make_event("marked", "damaged"))
    with_files = [make_run("files")]
    for n in range(3):
        content_hash = keep(store, SCOPE, bytes([n]) * 1_500_000).content_hash
        with_files.append(make_file(f"f{n}", "files", content_hash=content_hash))
    apply(store, SCOPE, *with_files)
    events = (make_event(f"e{n}", "large", at=AT + n) for n in range(2 * PIECE_LINES + 1))
    apply(store, SCOPE, make_run("large"), *events)


def export(store: Store) -> bytes:
    writer = BundleWriter()
    text = writer.head(made_at="2026-01-01T00:00:00.000000Z", holds={})
    for run_id in store.bundles.list_run_ids(SCOPE, RunFilter(), limit=500).items:
        with closing(store.bundles.export_run(SCOPE, run_id)) as parts:
            text += b"".join(writer.iter_run(parts))
    return text + writer.close()


def importer_of(
    store: Store, *, apart_from_bytes: int = APART, bundles: BundleStore | None = None, command: Sequence[str] = ()
) -> Importer:
    return Importer(
        bundles or store.bundles,
        store.files,
        SCOPE,
        ImportOptions(),
        content_encoding="",
        max_line_bytes=4_000_000,
        max_file_bytes=4_000_000,
        now=lambda: NOW,
        apart_from_bytes=apart_from_bytes,
        command=command,
    )


def put_in(importer: Importer, bundle: bytes) -> BundleReport:
    with closing(importer):
        for start in range(0, len(bundle), 1_000_000):
            importer.feed(bundle[start : start + 1_000_000])
        return importer.finish()


def test_the_same_comes_of_it_whoever_reads(bundle: bytes, other: Store, third: Store) -> None:
    here = put_in(importer_of(other, apart_from_bytes=HERE), bundle)
    apart = put_in(importer_of(third), bundle)
    assert apart == here
    assert [run.run_id for run in apart.refused] == ["damaged"]
    assert apart.counts.total() == 8
    assert export(third) == export(other)


def test_a_process_that_can_not_be_started_is_done_without(bundle: bytes, other: Store, tmp_path: Path) -> None:
    report = put_in(importer_of(other, command=[str(tmp_path / "missing")]), bundle)
    assert report.counts.total() == 8


def test_runs_that_are_refused_beyond_those_that_are_listed_are_told_by_their_reason() -> None:
    report = BundleReport()
    for number in range(1_003):
        report.add(
            RunImport(
                run_id=f"r-{number}",
                outcome=ImportOutcome.REFUSED,
                agent_name="a",
                run_name=None,
                reason="it was deleted here" if number % 2 else "it is damaged",
            )
        )
    assert len(report.refused) == 1_000
    assert report.more_refused == {"it is damaged": ["r-1000", "r-1002"], "it was deleted here": ["r-1001"]}


def test_what_is_no_bundle_is_refused(other: Store) -> None:
    with pytest.raises(DecodeError, match="no bundle"):
        put_in(importer_of(other), b'{"line":"poem"}\n' * 10_000)


def test_an_early_end_of_the_process_is_told_and_costs_nothing(bundle: bytes, other: Store, third: Store) -> None:
    program = "import sys; sys.stdin.buffer.read(1_000_000)"
    with pytest.raises(RunreelError, match="import it again"):
        put_in(importer_of(other, command=[sys.executable, "-c", program]), bundle)
    report = put_in(importer_of(other), bundle)
    assert report == put_in(importer_of(third), bundle)


class FullStore:
    """Takes one transaction, then has no room left."""

    def __init__(self, store: Store) -> None:
        self._import: Callable[..., list[RunImport]] = store.bundles.import_runs
        self._n_taken = 0

    def import_runs(self, *arguments: Any, **options: Any) -> list[RunImport]:
        self._n_taken += 1
        if self._n_taken > 1:
            raise StorageFullError("there is no room left")
        return self._import(*arguments, **options)


def test_a_full_store_ends_the_import(bundle: bytes, other: Store) -> None:
    with pytest.raises(StorageFullError, match="no room"):
        put_in(importer_of(other, bundles=cast("BundleStore", FullStore(other))), bundle * 3)


def test_an_import_that_is_given_up_ends_its_process(bundle: bytes, other: Store) -> None:
    importer = importer_of(other)
    importer.feed(bundle[: len(bundle) // 2])
    importer.close()
    importer.close()
    assert put_in(importer_of(other), bundle).counts.total() == 8
