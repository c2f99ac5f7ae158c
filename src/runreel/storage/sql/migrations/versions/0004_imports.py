"""Reports of imports are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTS = ("new_count", "same_count", "changed_count", "refused_count", "found_count", "left_out_count")


def upgrade() -> None:
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
