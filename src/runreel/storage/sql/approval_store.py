"""`ApprovalStore` on SQL."""

from __future__ import annotations

from collections.abc import Collection

from runreel.model.approval import Answer, Approval, ApprovalStatus
from runreel.model.page import Page
from runreel.model.request import Action, Request
from runreel.model.scope import Scope
from runreel.storage.sql import approval_reading, approving, requesting, run_reading
from runreel.storage.sql.database import Database
from runreel.storage.sql.event_reading import Inside


class SqlApprovalStore:
    """`ApprovalStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_approvals(
        self, scope: Scope, statuses: Collection[ApprovalStatus], *, limit: int, cursor: str | None = None
    ) -> Page[Approval]:
        with self._database.read() as connection:
            return approval_reading.list_approvals(
                connection, self._database.dialect, scope, self._database.blobs, statuses, limit=limit, cursor=cursor
            )

    def count_open_approvals(self, scope: Scope) -> int:
        with self._database.read() as connection:
            return approval_reading.count_open(connection, scope)

    def list_run_approvals(self, scope: Scope, run_id: str) -> list[Approval]:
        with self._database.read() as connection:
            inside = Inside(connection, self._database.dialect, scope, run_id, self._database.blobs)
            return approval_reading.list_of_run(inside)

    def get_approval(self, scope: Scope, run_id: str, event_id: str) -> Approval:
        with self._database.read() as connection:
            inside = Inside(connection, self._database.dialect, scope, run_id, self._database.blobs)
            return approval_reading.get_approval(inside, event_id)

    def answer_approval(self, scope: Scope, run_id: str, event_id: str, answer: Answer, *, now: int) -> Approval:
        return self._database.write(
            lambda transaction: approving.answer_approval(transaction, scope, run_id, event_id, answer, now=now)
        )

    def expire_approval(self, scope: Scope, run_id: str, event_id: str, option: str | None, *, now: int) -> Approval:
        return self._database.write(
            lambda transaction: approving.expire_approval(transaction, scope, run_id, event_id, option, now=now)
        )

    def list_requests(self, scope: Scope, run_id: str) -> tuple[Request, ...]:
        with self._database.read() as connection:
            return run_reading.read_requests(connection, run_reading.get_row(connection, scope, run_id))

    def add_request(
        self, scope: Scope, run_id: str, action: Action, *, why: str | None, who: str | None, now: int
    ) -> Request:
        return self._database.write(
            lambda transaction: requesting.add_request(transaction, scope, run_id, action, why=why, who=who, now=now)
        )
