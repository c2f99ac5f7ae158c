"""The naming rules once more, in the plainest way: what a project's names should be after everything that happened."""

from __future__ import annotations

from dataclasses import dataclass, field

from runreel.model.content import content_order

START, END, INFERRED = 1, 2, 0

Stamped = tuple[int, int, str]
"""Rank, time, and what was said; the largest counts."""


@dataclass(slots=True)
class ModelRun:
    """What is known of one run."""

    first_seen_at: int
    began_at: int
    name: str | None = None
    is_named_by_person: bool = False
    agent: str = "unknown"
    said_agent: Stamped | None = None
    inferred_agent: tuple[int, str] | None = None
    said_name: Stamped | None = None
    said_status: tuple[int, int, str] | None = None

    def derived_agent(self) -> str:
        if self.said_agent is not None:
            return _said(self.said_agent)
        return self.inferred_agent[1] if self.inferred_agent else "unknown"

    def wish(self) -> str | None:
        return _said(self.said_name) if self.said_name else None

    def is_settled(self) -> bool:
        has_ended = self.said_status is not None and _said(self.said_status) == "completed"
        return self.said_agent is not None or has_ended


@dataclass(slots=True, kw_only=True)
class Saying:
    """What one record says that matters for names."""

    run_id: str
    at: int
    rank: int
    agent: str | None = None
    name: str | None = None
    status: str | None = None
    is_event: bool = False


@dataclass(slots=True)
class NamingModel:
    """All runs of a project, the aliases that lead to them, and the counters of agents."""

    runs: dict[str, ModelRun] = field(default_factory=dict[str, ModelRun])
    aliases: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    counters: dict[str, int] = field(default_factory=dict[str, int])
    deleted: set[str] = field(default_factory=set[str])

    def apply(self, sayings: list[Saying], now: int) -> int:
        """Take records of one transaction; return how many are refused."""
        taken = [saying for saying in sayings if saying.run_id not in self.deleted]
        wishes = {run_id: run.wish() for run_id, run in self.runs.items()}
        for saying in taken:
            self._hear(saying, now)
        touched = {saying.run_id for saying in taken}
        due = [run_id for run_id in touched if self._is_due(run_id, wishes.get(run_id))]
        self._name_all(due)
        for run_id in touched:
            self.runs[run_id].agent = self.runs[run_id].derived_agent()
        return len(sayings) - len(taken)

    def settle(self, seen_before: int) -> None:
        self._name_all(
            [run_id for run_id, run in self.runs.items() if run.name is None and run.first_seen_at < seen_before]
        )

    def rename(self, run_id: str, name: str) -> bool:
        """Rename a run; return whether the name was free."""
        run = self.runs[run_id]
        if any(other != run_id and each.agent == run.agent and each.name == name for other, each in self.runs.items()):
            return False
        former, run.name, run.is_named_by_person = run.name, name, True
        self.aliases.pop((run.agent, name), None)
        if former is not None and former != name:
            self.aliases[run.agent, former] = run_id
        return True

    def delete(self, run_id: str) -> None:
        del self.runs[run_id]
        self.deleted.add(run_id)
        self.aliases = {key: holder for key, holder in self.aliases.items() if holder != run_id}

    def _hear(self, saying: Saying, now: int) -> None:
        run = self.runs.setdefault(saying.run_id, ModelRun(first_seen_at=now, began_at=saying.at))
        run.began_at = min(run.began_at, saying.at)
        if saying.is_event:
            if saying.agent is not None:
                inferred = (saying.at, saying.agent)
                run.inferred_agent = min(run.inferred_agent or inferred, inferred)
        elif saying.agent is not None:
            run.said_agent = _louder(run.said_agent, (saying.rank, saying.at, content_order(saying.agent)))
        if saying.name is not None:
            rank = INFERRED if saying.is_event else saying.rank
            run.said_name = _louder(run.said_name, (rank, saying.at, content_order(saying.name)))
        if saying.status is not None:
            run.said_status = _louder(run.said_status, (saying.at, saying.rank, content_order(saying.status)))

    def _is_due(self, run_id: str, wish_before: str | None) -> bool:
        run = self.runs[run_id]
        if run.name is None:
            return run.is_settled()
        if run.agent != run.derived_agent():
            return True
        return not run.is_named_by_person and run.wish() is not None and run.wish() != wish_before

    def _name_all(self, run_ids: list[str]) -> None:
        for run_id in sorted(run_ids, key=lambda each: (self.runs[each].began_at, each)):
            run = self.runs[run_id]
            before = (run.agent, run.name)
            run.agent = run.derived_agent()
            wish = run.name if run.is_named_by_person else run.wish()
            run.name = None
            run.name = self._drawn(run.agent) if wish is None else self._chosen(run.agent, wish)
            self.aliases.pop((run.agent, run.name), None)
            if before[1] is not None and before != (run.agent, run.name):
                self.aliases[before[0], before[1]] = run_id

    def _drawn(self, agent: str) -> str:
        while True:
            self.counters[agent] = self.counters.get(agent, 0) + 1
            name = f"run {self.counters[agent]}"
            if not self._is_taken(agent, name):
                return name

    def _chosen(self, agent: str, wish: str) -> str:
        name, copy = wish, 1
        while self._is_taken(agent, name):
            copy += 1
            name = f"{wish} ({copy})"
        return name

    def _is_taken(self, agent: str, name: str) -> bool:
        return any(run.agent == agent and run.name == name for run in self.runs.values())


def _louder(known: Stamped | None, new: Stamped) -> Stamped:
    return new if known is None else max(known, new)


def _said(stamped: Stamped) -> str:
    return stamped[2].strip('"')
