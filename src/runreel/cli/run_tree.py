"""A run as a tree: its nodes, in them their events, and below an event the events and runs that it caused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runreel.cli.answer import JsonObject, list_at, number_at, object_of, text_at
from runreel.cli.completeness import describe_completeness
from runreel.cli.console import Console
from runreel.cli.quantity import format_cost, format_count, format_duration, format_instant
from runreel.cli.run_table import cost_of
from runreel.cli.run_view import EventInTree, RunView, name_of
from runreel.cli.table import Cell, Column, lay_out
from runreel.cli.text import clip, harmless
from runreel.model.instant import parse_instant

MAX_ERROR_LINES = 4
GOAL_WIDTH = 60
MAX_VALUE_WIDTH = 500

COLUMNS = (
    Column(is_flexible=True, least=30),
    Column(is_flexible=True, least=8),
    Column(),
    Column(is_right=True),
    Column(is_right=True),
    Column(is_right=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A node, an event or a child run as a line of the tree; `key` tells it from all others of the run."""

    key: str
    label: str
    kind: str
    status: str | None
    duration_ms: object
    tokens: str
    cost: str
    error_lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A branch with what is drawn before it, and before what belongs to it on the lines below."""

    branch: Branch
    before: str
    below: str


def draw_run(view: RunView, console: Console) -> list[str]:
    """Return the lines that show a run."""
    lines = [*_draw_head(view.run, console), *_draw_tree(view, console)]
    if not view.is_whole:
        total = format_count(view.run.get("event_count"))
        lines.append(f"The first {len(view.events):,} of {total} events are shown; `--limit` sets how many.")
    elif not text_at(view.run, "run_name"):
        lines.append("It has no name yet; its events can be shown once it has one, within seconds.")
    return lines


def _draw_head(run: JsonObject, console: Console) -> Iterator[str]:
    palette, glyphs = console.palette, console.glyphs
    status = text_at(run, "status")
    yield palette.paint(harmless(name_of(run)), palette.strong)
    sums = [
        format_duration(run.get("total_duration_ms")),
        _counted(number_at(run, "event_count"), "event"),
        _counted(number_at(run, "error_count"), "error") if number_at(run, "error_count") else "",
        _tokens(run, console),
        f"{cost_of(run)}{_unpriced(run)}",
    ]
    sign = palette.paint(f"{glyphs.sign_of(status)} {harmless(status or 'unknown')}", palette.style_of(status))
    yield glyphs.dot.join([sign, *filter(None, sums)])
    if task := text_at(run, "task"):
        yield harmless(task)
    facts = [
        f"started {format_instant(run.get('started_at') or run.get('created_at'))}",
        f"session {run['session_id']}" if text_at(run, "session_id") else "",
        *(f"{key} {run[key]}" for key in ("mode", "environment", "model") if text_at(run, key)),
        "tags " + ", ".join(map(str, list_at(run, "tags"))) if list_at(run, "tags") else "",
        f"child of {run['parent_run_id']}" if text_at(run, "parent_run_id") else "",
        f"id {run.get('run_id')}",
    ]
    yield palette.paint(harmless(glyphs.dot.join(filter(None, facts))), palette.faint)
    if completeness := object_of(run.get("completeness")):
        is_complete = completeness.get("is_complete") is True
        yield palette.paint(describe_completeness(completeness), palette.faint if is_complete else palette.bad)
    for label, value in (("in", run.get("inputs")), ("out", run.get("outputs"))):
        if value is not None:
            yield _draw_value(label, value, console)
    for line in _error_lines(run):
        yield palette.paint(line, palette.bad)


def _draw_value(label: str, value: object, console: Console) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Of a text that may be a megabyte only what can be shown is looked at.
    shown = f"{label:<4}{harmless(text[:MAX_VALUE_WIDTH])}"
    width = min(console.width or MAX_VALUE_WIDTH, MAX_VALUE_WIDTH)
    return clip(f"{shown} " if len(text) > MAX_VALUE_WIDTH else shown, width, console.glyphs.ellipsis)


def _draw_tree(view: RunView, console: Console) -> Iterator[str]:
    lines = list(_iter_lines(_arrange(view, console), console))
    rows = [_row(line, console) for line in lines]
    drawn = lay_out(COLUMNS, rows, width=console.width, glyphs=console.glyphs, palette=console.palette)
    for line, text in zip(lines, drawn, strict=True):
        yield text
        for error_line in line.branch.error_lines:
            room = None if console.width is None else max(console.width - len(line.below), 20)
            shown = error_line if room is None else clip(error_line, room, console.glyphs.ellipsis)
            yield line.below + console.palette.paint(shown, console.palette.bad)


def _arrange(view: RunView, console: Console) -> dict[str, list[Branch]]:
    """Return the branches below each key, those of the run below "".

    An event without a parent hangs in its node. A node none of whose events does so is left out when it has some:
    they show where they happened, below their parents.
    """
    below: dict[str, list[Branch]] = {}
    node_ids = {str(node.get("node_id")) for node in view.nodes}
    is_inside = {str(item.event.get("node_id")) for item in view.events}
    loose: list[Branch] = []
    for item in view.events:
        node_id = text_at(item.event, "node_id")
        if item.parent_event_id is not None:
            below.setdefault(_event_key(item.parent_event_id), []).append(_event_branch(item, console))
        elif node_id in node_ids:
            below.setdefault(_node_key(node_id), []).append(_event_branch(item, console))
        else:
            loose.append(_event_branch(item, console))
    nodes = [
        _node_branch(node, console)
        for node in view.nodes
        if _node_key(node.get("node_id")) in below or str(node.get("node_id")) not in is_inside
    ]
    event_ids = {text_at(item.event, "event_id") for item in view.events}
    for child in view.children:
        caused_by = text_at(child, "parent_event_id")
        branches = below.setdefault(_event_key(caused_by), []) if caused_by in event_ids else loose
        branches.append(_child_branch(child, console))
    return {**below, "": loose + nodes}


def _iter_lines(below: Mapping[str, Sequence[Branch]], console: Console) -> Iterator[Line]:
    glyphs = console.glyphs
    # Recorded trees can be deeper than Python's stack.
    waiting = _siblings(below.get("", ()), "")
    while waiting:
        branch, before, is_last = waiting.pop()
        after = before + (glyphs.gap if is_last else glyphs.trunk)
        children = below.get(branch.key, ())
        yield Line(branch, before + (glyphs.last_branch if is_last else glyphs.branch), after)
        waiting += _siblings(children, after)


def _siblings(branches: Sequence[Branch], before: str) -> list[tuple[Branch, str, bool]]:
    return [(branch, before, n == 0) for n, branch in enumerate(reversed(branches))]


def _row(line: Line, console: Console) -> list[Cell]:
    branch, palette = line.branch, console.palette
    style = palette.style_of(branch.status)
    return [
        Cell(f"{line.before}{console.glyphs.sign_of(branch.status)} {branch.label}", style, len(line.before)),
        Cell(branch.kind, palette.faint),
        Cell("" if branch.status == "completed" else branch.status or "", style),
        Cell(format_duration(branch.duration_ms)),
        Cell(branch.tokens),
        Cell(branch.cost),
    ]


def _node_branch(node: JsonObject, console: Console) -> Branch:
    node_id = str(node.get("node_id"))
    name = text_at(node, "name")
    title = name if name != node_id else None
    title = title or clip(_first_line(text_at(node, "goal")), GOAL_WIDTH, console.glyphs.ellipsis)
    return Branch(
        key=_node_key(node_id),
        label=harmless(f"{node_id}: {title}" if title else node_id),
        kind=harmless(text_at(node, "node_type") or ""),
        status=text_at(node, "status"),
        duration_ms=_duration_ms(node),
        tokens="",
        cost="",
        error_lines=_error_lines(node),
    )


def _first_line(text: str | None) -> str:
    return next(iter((text or "").strip().splitlines()), "")


def _event_branch(item: EventInTree, console: Console) -> Branch:
    event = item.event
    event_type = text_at(event, "event_type") or "event"
    return Branch(
        key=_event_key(text_at(event, "event_id")),
        label=harmless(text_at(event, "name") or text_at(event, "model") or event_type),
        kind=harmless(event_type),
        status=text_at(event, "status"),
        duration_ms=_duration_ms(event),
        tokens=_tokens(event, console),
        cost="?" if event.get("is_unpriced") is True else format_cost(event.get("cost")),
        error_lines=_error_lines(event) or _error_lines(object_of(event.get("data")) or {}),
    )


def _child_branch(run: JsonObject, console: Console) -> Branch:
    return Branch(
        key=f"run {run.get('run_id')}",
        label=harmless(name_of(run)),
        kind="run",
        status=text_at(run, "status"),
        duration_ms=run.get("total_duration_ms"),
        tokens=_tokens(run, console),
        cost=cost_of(run),
        error_lines=(),
    )


def _node_key(node_id: object) -> str:
    return f"node {node_id}"


def _event_key(event_id: object) -> str:
    return f"event {event_id}"


def _duration_ms(thing: JsonObject) -> object:
    if thing.get("duration_ms") is not None:
        return thing["duration_ms"]
    started_at, ended_at = parse_instant(thing.get("started_at")), parse_instant(thing.get("ended_at"))
    return None if started_at is None or ended_at is None else (ended_at - started_at) / 1000


def _tokens(thing: JsonObject, console: Console) -> str:
    if not number_at(thing, "tokens_in") and not number_at(thing, "tokens_out"):
        return ""
    tokens_in, tokens_out = number_at(thing, "tokens_in"), number_at(thing, "tokens_out")
    return f"{format_count(tokens_in)} {console.glyphs.arrow} {format_count(tokens_out)} tokens"


def _counted(count: float, noun: str) -> str:
    return f"{count:,.0f} {noun}" if count == 1 else f"{count:,.0f} {noun}s"


def _unpriced(run: JsonObject) -> str:
    count = number_at(run, "unpriced_count")
    return f" ({_counted(count, 'call')} without a price)" if count else ""


def _error_lines(thing: JsonObject) -> list[str]:
    error = thing.get("error")
    known = object_of(error)
    if known is None:
        text = error if isinstance(error, str) else ""
    else:
        text = ": ".join(str(known[key]) for key in ("type", "message") if known.get(key))
    lines = [line for line in map(harmless, text.splitlines()) if line.strip()]
    # A traceback says last what happened.
    return lines if len(lines) <= MAX_ERROR_LINES else [lines[0], *lines[1 - MAX_ERROR_LINES :]]
