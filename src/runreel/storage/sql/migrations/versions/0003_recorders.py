"""What came of the recorders of a run."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "recorders",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorder_id", _KEY, nullable=False),
        sa.Column("received_count", sa.BigInteger(), nullable=False),
        sa.Column("highest_number", sa.BigInteger(), nullable=False),
        sa.Column("record_count", sa.BigInteger(), nullable=False),
        sa.Column("dropped_count", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "recorder_id"),
    )
