"""The contract of `ImportStore`."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError, StorageError
from runreel.model.import_report import (
    ImportReport,
    KeptImport,
    KindReport,
    LeftOut,
    Repair,
    TableReport,
    summary_of,
)
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, read_all
from runreel.testing.record import AT, NOW, SECOND


class ImportStoreContract(StoreContract):
    """Promises of `ImportStore`; a subclass gives the fixture `store`."""

    def test_a_report_is_given_as_it_was_taken(self, store: Store, scope: Scope) -> None:
        kept = _kept("one", at=AT)
        assert store.imports.put_import(scope, kept, now=NOW) == kept
        found = store.imports.get_import(scope, "one")
        assert found == kept
        assert found.report.is_reconciled

    @pytest.mark.parametrize("limit", [1, 2, 9])
    def test_the_one_that_ended_last_is_listed_first(self, store: Store, scope: Scope, limit: int) -> None:
        kept = [_kept(name, at=AT + place * SECOND) for place, name in enumerate("bca")]
        for each in kept:
            store.imports.put_import(scope, each, now=NOW)
        listed = read_all(lambda cursor: store.imports.list_imports(scope, limit=limit, cursor=cursor))
        assert listed == [summary_of(each) for each in reversed(kept)]

    def test_an_id_is_given_once(self, store: Store, scope: Scope) -> None:
        store.imports.put_import(scope, _kept("one", at=AT), now=NOW)
        with pytest.raises(StorageError):
            store.imports.put_import(scope, _kept("one", at=AT + SECOND), now=NOW)
        assert len(store.imports.list_imports(scope, limit=9).items) == 1

    def test_imports_of_one_project_are_not_those_of_another(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        store.imports.put_import(scope, _kept("one", at=AT), now=NOW)
        assert store.imports.list_imports(elsewhere, limit=9).items == ()
        with pytest.raises(NotFoundError):
            store.imports.get_import(elsewhere, "one")


def _kept(import_id: str, *, at: int) -> KeptImport:
    report = ImportReport(
        kind="legacy workflow database",
        source="old.db",
        started_at=at,
        ended_at=at + SECOND,
        into="a session",
        n_new=2,
        n_refused=1,
        n_renamed=1,
        tables=[
            TableReport(
                table="execution_events",
                n_found=5,
                n_stored=4,
                n_merged=1,
                left_out=[LeftOut(reason="its run is missing", n_rows=1, examples=("é",))],
            )
        ],
        repairs=[Repair(what="nodes were made", n_cases=3, examples=("step_1",))],
        kinds=[KindReport(kind="events", n_sent=3, n_made=0, n_kept=3), KindReport(kind="sessions", n_sent=1)],
    )
    return KeptImport(import_id=import_id, who=None, report=report)
