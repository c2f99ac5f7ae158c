"""On SQLite, one index has all that lists of runs are filtered and sorted by."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = (
    "project",
    "created_at",
    "run_pk",
    "status",
    "run_name",
    "environment",
    "mode",
    "error_count",
    "unpriced_count",
    "duration_us",
    "cost_nanos",
    "tokens_in",
    "tokens_out",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("runs_listed", "runs", list(_COLUMNS), unique=False)
        op.drop_index("runs_newest", table_name="runs")
