"""Runs know their error in one line, and reports of imports are kept."""

import json
from typing import Any, cast

import msgspec
import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTS = ("new_count", "same_count", "changed_count", "refused_count", "found_count", "left_out_count")
_CHUNK_ROWS = 500
_MOST_CHARACTERS = 200


def upgrade() -> None:
    _add_imports()
    _add_error_lines()


def _add_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("import_id", _KEY, nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.Column("is_reconciled", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.project"]),
        sa.PrimaryKeyConstraint("project", "import_id"),
    )
    op.create_index("imports_by_end", "imports", ["project", "ended_at", "import_id"], unique=False)


def _add_error_lines() -> None:
    op.add_column("runs", sa.Column("error_line", sa.Text(), nullable=True))
    connection = op.get_bind()
    update = sa.text("UPDATE runs SET error_line = :error_line WHERE run_pk = :run_pk")
    found = sa.text("SELECT run_pk, state FROM run_states WHERE run_pk > :after ORDER BY run_pk LIMIT :chunk")
    after = -(2**63)
    while rows := connection.execute(found, {"after": after, "chunk": _CHUNK_ROWS}).all():
        lines = [{"run_pk": run_pk, "error_line": _line_of(state)} for run_pk, state in rows]
        if known := [line for line in lines if line["error_line"] is not None]:
            connection.execute(update, known)
        after = rows[-1][0]


def _line_of(state: bytes) -> str | None:
    content = state if state[:1] == b"{" else zstandard.ZstdDecompressor().decompress(state)
    error: Any = msgspec.json.decode(content)["fields"].get("error")
    line = " ".join(_text_of(error)[: 10 * _MOST_CHARACTERS].split())
    return (line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…") or None


def _text_of(error: Any) -> str:
    if error is None or isinstance(error, str):
        return error or ""
    if isinstance(error, dict):
        fields = cast("dict[str, object]", error)
        said = [text for text in (fields.get("type"), fields.get("message")) if isinstance(text, str) and text]
        if said:
            return ": ".join(said)
    return json.dumps(error, ensure_ascii=False)
