"""`ImportStore` on SQL: reports of imports, of which the newest are kept."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select, tuple_

from runreel.errors import NotFoundError
from runreel.model.import_form import format_report, parse_report
from runreel.model.import_report import ImportSummary, KeptImport, summary_of
from runreel.model.page import Page
from runreel.model.scope import Scope
from runreel.storage.sql.applying import put_projects
from runreel.storage.sql.codec import compress, decode_json, decompress, encode_json
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.database import Database
from runreel.storage.sql.schema import imports
from runreel.storage.sql.transaction import Transaction

MAX_KEPT = 1_000
"""So many reports of a project are kept."""

_SUMMARY = (
    "import_id", "who", "kind", "source", "started_at", "ended_at", "new_count", "same_count", "changed_count",
    "refused_count", "found_count", "left_out_count", "is_reconciled", "problem",
)  # fmt: skip
_TRIM = (
    "DELETE FROM imports WHERE project = ? AND import_id IN (SELECT import_id FROM imports WHERE project = ? "
    f"ORDER BY ended_at DESC, import_id DESC LIMIT 1000000 OFFSET {MAX_KEPT})"
)


class SqlImportStore:
    """`ImportStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_import(self, scope: Scope, kept: KeptImport, *, now: int) -> KeptImport:
        def put(transaction: Transaction) -> KeptImport:
            put_projects(transaction, {scope.project}, now)
            report = compress(encode_json(format_report(kept.report)))
            values = (scope.project, *_values_of(summary_of(kept)), report)
            transaction.dialect.insert(transaction.cursor, imports, [values])
            transaction.execute(_TRIM, scope.project, scope.project)
            return kept

        return self._database.write(put)

    def list_imports(self, scope: Scope, *, limit: int, cursor: str | None = None) -> Page[ImportSummary]:
        columns = [imports.c[name] for name in _SUMMARY]
        statement = select(*columns).where(imports.c.project == scope.project)
        if cursor is not None:
            after = parse_cursor("imports", cursor, int, str)
            statement = statement.where(tuple_(imports.c.ended_at, imports.c.import_id) < tuple_(*after))
        statement = statement.order_by(imports.c.ended_at.desc(), imports.c.import_id.desc()).limit(limit + 1)
        with self._database.read() as connection:
            found = [_summary(*row) for row in connection.execute(statement)]
        shown = found[:limit]
        if len(found) <= limit:
            return Page(tuple(shown), None)
        return Page(tuple(shown), format_cursor("imports", (shown[-1].ended_at, shown[-1].import_id)))

    def get_import(self, scope: Scope, import_id: str) -> KeptImport:
        statement = select(imports.c.who, imports.c.report).where(
            imports.c.project == scope.project, imports.c.import_id == import_id
        )
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            raise NotFoundError(f"there is no import {import_id!r}")
        form = cast("dict[str, Any]", decode_json(decompress(row[1])))
        return KeptImport(import_id=import_id, who=row[0], report=parse_report(form))


def _values_of(summary: ImportSummary) -> tuple[Any, ...]:
    return (
        summary.import_id, summary.who, summary.kind, summary.source, summary.started_at, summary.ended_at,
        summary.n_new, summary.n_same, summary.n_changed, summary.n_refused, summary.n_found, summary.n_left_out,
        int(summary.is_reconciled), summary.problem,
    )  # fmt: skip


def _summary(*values: Any) -> ImportSummary:
    (
        import_id, who, kind, source, started_at, ended_at, n_new, n_same, n_changed, n_refused, n_found, n_left_out,
        is_reconciled, problem,
    ) = values  # fmt: skip
    return ImportSummary(
        import_id=import_id,
        who=who,
        kind=kind,
        source=source,
        started_at=started_at,
        ended_at=ended_at,
        n_new=n_new,
        n_same=n_same,
        n_changed=n_changed,
        n_refused=n_refused,
        n_found=n_found,
        n_left_out=n_left_out,
        is_reconciled=bool(is_reconciled),
        problem=problem,
    )
