"""What is wrong with a foreign database, as text and as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from runreel.cli.console import Console
from runreel.cli.quantity import format_count
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runreel.model.damage import Damage, DamageFinding, SharedNode

_FACTS = {
    "nodes_by_name": "nodes called by names",
    "nodes_by_hash": "nodes called by hashes",
    "nodes_by_uuid": "nodes called by UUIDs",
    "events_without_node": "events without a node",
    "runs_with_name": "runs with a name",
}
_COLUMNS = (
    Column(title="NODE", is_flexible=True),
    Column(title="RUNS", is_right=True),
    Column(title="EVENTS", is_right=True),
    Column(title="FILES", is_right=True),
    Column(title="MESSAGES", is_right=True),
    Column(title="KEPT WITH RUN", is_flexible=True),
)


def show_damage(damage: Damage, console: Console) -> None:
    """Print what there is, what is damaged, and what else is worth knowing."""
    console.say(harmless(f"{damage.source}: {damage.kind}"))
    _say_counts(((table.replace("_", " "), n_rows) for table, n_rows in damage.tables.items()), console)
    _say_counts(((_FACTS.get(fact, fact), count) for fact, count in damage.facts.items()), console)
    _show_shared(damage, console)
    damaged = [finding for finding in damage.findings if finding.is_damage]
    for check, findings in groupby(damaged, key=lambda finding: finding.check):
        _show_findings(check.capitalize(), findings, console)
    _show_findings("Worth knowing", [finding for finding in damage.findings if not finding.is_damage], console)
    console.say("")
    if damage.is_sound:
        console.say("All is as it must be.")
    else:
        console.say("It is damaged. `runreel import --dry-run FILE` tells what can be repaired, and changes nothing.")


def damage_as_json(damage: Damage) -> dict[str, object]:
    """Return all of it as JSON."""
    return {
        "source": damage.source,
        "kind": damage.kind,
        "sound": damage.is_sound,
        "tables": dict(damage.tables),
        **damage.facts,
        "mixed_events": damage.n_mixed_events,
        "shared_node_count": damage.n_shared_nodes,
        "shared_nodes": [_node_as_json(node) for node in damage.shared_nodes],
        "finding_count": len(damage.findings),
        "findings": [
            {
                "check": finding.check,
                "table": finding.table,
                "rows": finding.n_rows,
                "detail": finding.detail,
                "examples": list(finding.examples),
                "damage": finding.is_damage,
            }
            for finding in damage.findings
        ],
    }


def _say_counts(counts: Iterable[tuple[str, int]], console: Console) -> None:
    told = [f"{format_count(count)} {name}" for name, count in counts if count]
    if told:
        console.say(harmless(f"  {', '.join(told)}"))


def _show_shared(damage: Damage, console: Console) -> None:
    if not damage.n_shared_nodes:
        return
    console.say("")
    console.say(
        f"Nodes that several runs share: {format_count(damage.n_shared_nodes)}. Asked for by the node alone, "
        f"{format_count(damage.n_mixed_events)} events would be mixed."
    )
    rows = [
        [
            Cell(harmless(node.node_id)),
            *(Cell(format_count(n)) for n in (node.n_runs, node.n_events, node.n_files, node.n_messages)),
            Cell(harmless(node.owner_run_id or "none")),
        ]
        for node in damage.shared_nodes
    ]
    head = titles(_COLUMNS, console.palette.faint)
    for line in lay_out(_COLUMNS, [head, *rows], width=console.width, glyphs=console.glyphs, palette=console.palette):
        console.say(line)
    if damage.n_shared_nodes > len(rows):
        console.say(f"… and {format_count(damage.n_shared_nodes - len(rows))} more")


def _show_findings(heading: str, findings: Iterable[DamageFinding], console: Console) -> None:
    told = list(findings)
    if not told:
        return
    console.say("")
    console.say(f"{heading}:")
    for finding in told:
        console.say(harmless(f"  {finding.table}: {format_count(finding.n_rows)} {finding.detail}"))
        for example in finding.examples:
            console.say(harmless(f"    {example}"))


def _node_as_json(node: SharedNode) -> dict[str, object]:
    return {
        "node_id": node.node_id,
        "owner_run_id": node.owner_run_id,
        "runs": node.n_runs,
        "events": node.n_events,
        "files": node.n_files,
        "messages": node.n_messages,
    }
