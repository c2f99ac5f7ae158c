"""Making sums right: the difference that a recount finds is added as any other change is.

So is what else follows from the events: whether they count their usage, and of which node they are.
"""

from __future__ import annotations

from runreel.storage.sql import membership, recount
from runreel.storage.sql.content_check import stored_payload_bytes
from runreel.storage.sql.rollup import RollupDelta
from runreel.storage.sql.run_row import UPDATE_SQL
from runreel.storage.sql.transaction import Transaction


def repair_agent(transaction: Transaction, *, project: str, agent_name: str) -> None:
    """Bring the totals of an agent's runs, of the agent and of its rollups up to what a recount gives."""
    # Whoever writes waits: a run that came during the recount would be counted twice, or not at all.
    transaction.dialect.lock_out_writers(transaction.cursor)
    for row in recount.iter_runs(transaction, project, agent_name):
        flags = recount.find_wrong_flags(transaction, row.run_pk)
        seq = row.change_seq
        for place, (event_id, flag) in enumerate(flags, 1):
            transaction.execute(
                "UPDATE events SET is_counted = ?, change_seq = ? WHERE run_pk = ? AND event_id = ?",
                flag,
                seq + place,
                row.run_pk,
                event_id,
            )
        members = recount.find_wrong_members(transaction, row.run_pk)
        membership.move(transaction, [(node_id, row.run_pk, event_id) for event_id, node_id in members])
        counted = recount.recount_run(transaction, row)
        counted.payload_bytes = max(row.payload_bytes, stored_payload_bytes(transaction, row.run_pk))
        transaction.add_run(1, counted)
        if flags or members or counted != row:
            counted.change_seq += len(flags) + 1
            transaction.execute(UPDATE_SQL, *counted.update_values())
            transaction.note_change(counted)
    recount.subtract_agent(transaction, project, agent_name)
    # Not to the project's sums, which need not have the same fault: `repair_project` looks at them by themselves.
    transaction.rollup.write(transaction.dialect, transaction.cursor)
    transaction.rollup = RollupDelta()
    transaction.finish()


def repair_project(transaction: Transaction, *, project: str) -> None:
    """Bring the sums of a project up to those of its agents."""
    transaction.dialect.lock_out_writers(transaction.cursor)
    # All before the first is written: what is read must not change meanwhile.
    for delta in list(recount.iter_project_differences(transaction, project)):
        delta.write_projects(transaction.dialect, transaction.cursor)
