"""Imports of foreign databases: what became of each."""

from __future__ import annotations

import re
import uuid
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from runreel.model.import_form import parse_report
from runreel.model.import_report import MAX_LISTED_RUNS, KeptImport
from runreel.model.instant import now
from runreel.server.dependency import Cursor, Imports, Limit, ScopeOf
from runreel.server.import_view import ImportPageView, ImportReportView, view_import, view_summary
from runreel.server.problem import PROBLEM
from runreel.server.view import json_response

router = APIRouter(prefix="/api/imports", tags=["imports"], responses=PROBLEM)

# Reports may be larger than what people edit.
PATHS = re.compile(r"/api/imports")
MAX_BYTES = 1024 * 1024

_MAX_TABLES = 500
_MAX_REASONS = 100
_MAX_REPAIRS = 200
_MAX_KINDS = 50
_MAX_EXAMPLES = 10

Text = Annotated[str, Field(min_length=1, max_length=300)]
Example = Annotated[str, Field(max_length=300)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewLeftOut(_Form):
    """Rows that were not taken, for one reason."""

    reason: Text
    count: Count
    examples: list[Example] = Field(default=[], max_length=_MAX_EXAMPLES)


class NewImportTable(_Form):
    """What became of one table."""

    table: Text
    found: Count
    stored: Count
    merged: Count = 0
    left_out: list[NewLeftOut] = Field(default=[], max_length=_MAX_REASONS)
    reconciled: bool | None = Field(default=None, description="Worked out anew.")


class NewRepair(_Form):
    """Something that was made right."""

    what: Text
    count: Count
    examples: list[Example] = Field(default=[], max_length=_MAX_EXAMPLES)


class NewImportKind(_Form):
    """Rows of one kind."""

    kind: Text
    sent: Count
    made: Count = 0
    kept: Count | None = None
    missing: int | None = Field(default=None, description="Worked out anew.")


class NewImportRuns(_Form):
    """How many runs were new, there already, changed, refused and renamed."""

    new: Count = 0
    same: Count = 0
    changed: Count = 0
    refused: Count = 0
    renamed: Count = 0


class NewRefusedRun(_Form):
    """A run that was not taken."""

    run_id: Example
    agent_name: Example
    run_name: Example | None = None
    reason: Example


class NewRenamedRun(_Form):
    """A run that is called otherwise here."""

    run_id: Example
    agent_name: Example
    run_name: Example | None = None
    wanted_name: Example | None = None


class NewImport(_Form):
    """The report of an import."""

    kind: Text
    source: Text = Field(description="The name of the file or database, without its folder or address.")
    started_at: str = Field(description="ISO 8601.")
    ended_at: str = Field(description="ISO 8601.")
    into: Annotated[str, Field(max_length=255)] | None = None
    dry_run: bool = False
    runs: NewImportRuns = NewImportRuns()
    tables: list[NewImportTable] = Field(default=[], max_length=_MAX_TABLES)
    repairs: list[NewRepair] = Field(default=[], max_length=_MAX_REPAIRS)
    kinds: list[NewImportKind] = Field(default=[], max_length=_MAX_KINDS)
    problem: Annotated[str, Field(max_length=1_000)] | None = None
    refused_runs: list[NewRefusedRun] = Field(default=[], max_length=MAX_LISTED_RUNS, description="Some of them.")
    renamed_runs: list[NewRenamedRun] = Field(default=[], max_length=MAX_LISTED_RUNS, description="Some of them.")
    reconciled: bool | None = Field(default=None, description="Worked out anew.")


@router.post("", response_model=ImportReportView, status_code=201)
def put_import(new: NewImport, scope: ScopeOf, imports: Imports) -> Response:
    """Keep the report of an import; the newest thousand stay."""
    kept = KeptImport(import_id=uuid.uuid4().hex, who=scope.user, report=parse_report(new.model_dump()))
    return json_response(view_import(imports.put_import(scope, kept, now=now())), status=201)


@router.get("", response_model=ImportPageView)
def list_imports(scope: ScopeOf, imports: Imports, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List imports, the one that ended last first."""
    page = imports.list_imports(scope, limit=limit, cursor=cursor)
    return json_response({"imports": [view_summary(each) for each in page.items], "next_cursor": page.next_cursor})


@router.get("/{import_id}", response_model=ImportReportView)
def get_import(
    import_id: Annotated[str, Path(description="The id that the import got.")], scope: ScopeOf, imports: Imports
) -> Response:
    """Return the report of one import."""
    return json_response(view_import(imports.get_import(scope, import_id)))
