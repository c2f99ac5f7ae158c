"""Examines a database of another program, without importing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from runreel.importers import gati_damage, legacy_damage
from runreel.importers.gati_damage import GatiInspection
from runreel.importers.kind import Kind, kind_of
from runreel.importers.legacy_damage import LegacyInspection, SharedNodes
from runreel.importers.source import Source
from runreel.model.damage import Damage, DamageCheck, DamageFinding

MAX_SHARED_NODES = 100

_ORDER = tuple(DamageCheck)


def examine(source: Source, *, on_progress: Callable[[int, int], None] = lambda _done, _all: None) -> Damage:
    """Return what is wrong with the database; `on_progress` hears how many checks are done, and how many there are.

    Raises:
        SourceError: it can't be read to its end, or is of no known kind.
    """
    kind = kind_of(source)
    shared = SharedNodes((), 0, 0)
    if kind is Kind.LEGACY:
        legacy = LegacyInspection(source)
        shared, facts, checks = legacy.shared_nodes(MAX_SHARED_NODES), legacy.facts(), legacy.checks()
    else:
        gati = GatiInspection(source)
        facts, checks = gati.facts(), gati.checks()
    nouns = legacy_damage.NOUNS if kind is Kind.LEGACY else gati_damage.NOUNS
    return Damage(
        source=source.name,
        kind=kind,
        tables={table: source.count(table) for table in (*nouns, *sorted(source.tables.keys() - nouns.keys()))},
        facts=facts,
        shared_nodes=shared.nodes,
        n_shared_nodes=shared.n_nodes,
        n_mixed_events=shared.n_events,
        findings=sorted(_run(checks, on_progress), key=lambda finding: _ORDER.index(finding.check)),
    )


def _run(
    checks: Sequence[Callable[[], Iterable[DamageFinding]]], on_progress: Callable[[int, int], None]
) -> list[DamageFinding]:
    findings: list[DamageFinding] = []
    for n_done, check in enumerate(checks):
        on_progress(n_done, len(checks))
        findings += check()
    return findings
