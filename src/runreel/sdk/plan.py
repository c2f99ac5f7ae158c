"""Plans: nodes of a run's workflow graph that are declared, with their order and their edges, before they run."""

from __future__ import annotations

from time import time

from runreel.model.plan import check_plan, dependency_edges
from runreel.sdk.graph import type_of
from runreel.sdk.guard import say_once
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field, plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    from runreel.sdk.run import Run

    Edge: TypeAlias = tuple[str, str, str, str]
    """Source, target, type and condition."""
    Said: TypeAlias = tuple[str, str, str | None]
    """Of a record how it begins and its fields; and the node of which no type is stated."""

_EDGE_FIELDS = ("source", "target", "edge_type", "condition")


class Step:
    """A step of a plan: a node that is to run. `details` is whatever else there is to say of what is to be done."""

    __slots__ = (
        "agent_name",
        "depends_on",
        "details",
        "goal",
        "max_attempts",
        "name",
        "node_id",
        "node_type",
        "order_index",
        "requires_approval",
    )

    def __init__(
        self,
        node_id: str,
        *,
        name: str | None = None,
        node_type: str | None = None,
        goal: str | None = None,
        agent_name: str | None = None,
        details: object = None,
        requires_approval: bool | None = None,
        max_attempts: int | None = None,
        depends_on: Sequence[str] | str | None = None,
        order_index: int | None = None,
    ) -> None:
        self.node_id = node_id
        self.name = name
        self.node_type = node_type
        self.goal = goal
        self.agent_name = agent_name
        self.details = details
        self.requires_approval = requires_approval
        self.max_attempts = max_attempts
        self.depends_on = depends_on
        self.order_index = order_index


class Plan:
    """What a run has declared last: the version of it, its nodes, and what was said of them."""

    __slots__ = ("node_ids", "said", "version")

    def __init__(self, version: int, node_ids: Iterable[str], said: Collection[Said]) -> None:
        self.version = version
        self.node_ids = frozenset(node_ids)
        self.said = said


def declare_plan(run: Run, nodes: object, edges: object = None) -> None:
    """Declare nodes and edges as the next version of a run's plan; what can't be taken is said once, and left out.

    The same as before is no new version. Without edges nodes follow what they depend on, or else each the one before.
    """
    node_ids, pairs, said = _check(run, nodes, edges)
    before = run.plan
    if before is not None and before.said == said:
        return
    version = _version_after(run, before)
    _say(run, pairs, said, f',"plan_version":{version}')
    run.plan = Plan(version, node_ids, said)


def declare_graph(run: Run, nodes: object, edges: object = None) -> None:
    """Declare the nodes and edges of a workflow beside those of the plan and of other workflows, checked as a plan is.

    They have no version, so no plan withdraws them.
    """
    node_ids, pairs, said = _check(run, nodes, edges)
    before = run.graph
    known = () if before is None else before.said
    _say(run, pairs, [each for each in said if each not in known], "")
    run.graph = Plan(0, {*node_ids, *(before.node_ids if before is not None else ())}, frozenset([*known, *said]))


def _version_after(run: Run, before: Plan | None) -> int:
    """Return a version that is higher than those before it: 1, then the time in hundredths of a second.

    Versions must be comparable with those that others declare meanwhile, and with those of before where another process
    may have had the run, be it one that this one was forked from.
    """
    is_first = before is None and not run.may_be_known and run.recorder_id is run.client.recorder_id
    return 1 if is_first else max(int(time() * 100), 1 if before is None else before.version + 1)


def _check(run: Run, nodes: object, edges: object) -> tuple[list[str], list[tuple[str, str]], list[Said]]:
    """Return the nodes, what edges join them, and what is to be said of both, without what can't be taken."""
    stated = None if edges is None else list(_iter_edges(edges))
    steps = list(_iter_steps(nodes if nodes is not None else _ends_of(stated or [])))
    wanted = _wanted_edges(steps, stated)
    bad = _find_bad(run, steps, wanted)
    distinct: dict[str, Step] = {}
    for step in steps:
        distinct.setdefault(step.node_id, step)
    said = [_node_text(run, step, place) for place, step in enumerate(distinct.values())]
    sound = [edge for edge in wanted if edge[:3] not in bad]
    said += map(_edge_text, sound)
    return list(distinct), [edge[:2] for edge in sound], said


def _say(run: Run, pairs: Iterable[tuple[str, str]], said: Iterable[Said], version: str) -> None:
    known = _known_ids(run)
    run.edges = {*(run.edges or ()), *pairs}
    for kind, fields, untyped in said:
        # The type of a node that is known already stands.
        usual = "" if untyped is None or untyped in known else name_field("node_type", type_of(untyped))
        run.add(kind, f"{fields}{usual}{version}")


def _known_ids(run: Run) -> set[str]:
    """Return the nodes that ran, or were declared."""
    declared = [each.node_ids for each in (run.plan, run.graph) if each is not None]
    return (run.nodes or set()).union(*declared)


def _iter_steps(nodes: Any) -> Iterator[Step]:
    """Give the steps of a plan: names in order, a mapping of names to goals, or steps and mappings of their fields."""
    if isinstance(nodes, str | Step):
        nodes = [nodes]
    elif hasattr(nodes, "items"):
        nodes = [Step(node_id, goal=goal) for node_id, goal in nodes.items()]
    for item in nodes:
        step = item if isinstance(item, Step) else _step_of(item)
        step.node_id = plain_text(step.node_id, "the name of a node", "node")
        yield step


def _step_of(item: Any) -> Step:
    if not hasattr(item, "items"):
        return Step(item)
    fields = {str(name): value for name, value in item.items()}
    unknown = [name for name in fields if name not in Step.__slots__]
    for name in unknown:
        say_once(f"step {name}", f"plan: a step has no {name!r}; it has {', '.join(sorted(Step.__slots__))}")
        del fields[name]
    return Step(fields.pop("node_id", None), **fields)


def _iter_edges(edges: Any) -> Iterator[Edge]:
    for item in edges:
        stated = item if hasattr(item, "items") else dict(zip(_EDGE_FIELDS, item, strict=False))
        source, target, edge_type, condition = (
            plain_text(stated.get(name), "an end, type or condition of an edge") for name in _EDGE_FIELDS
        )
        # An edge with a condition is a conditional one.
        yield source, target, edge_type or ("conditional" if condition else "sequential"), condition


def _ends_of(edges: Iterable[Edge]) -> list[str]:
    return list(dict.fromkeys(node_id for edge in edges for node_id in edge[:2]))


def _wanted_edges(steps: Sequence[Step], stated: list[Edge] | None) -> list[Edge]:
    dependencies = [(step.node_id, _names(step.depends_on)) for step in steps]
    if stated is not None and not any(depends_on for _, depends_on in dependencies):
        return stated
    return [*(stated or ()), *((*edge, "") for edge in dependency_edges(dependencies))]


def _names(given: object) -> list[str] | None:
    if given is None:
        return None
    names: Iterable[object] = [given] if isinstance(given, str) else given  # type: ignore[assignment]
    return [plain_text(name, "the name of a node", "node") for name in names]


def _find_bad(run: Run, steps: Sequence[Step], edges: Sequence[Edge]) -> set[tuple[str, str, str]]:
    """Return the edges that can't be taken, and say why."""
    bad: set[tuple[str, str, str]] = set()
    triples = [edge[:3] for edge in edges]
    for problem in check_plan([step.node_id for step in steps], triples, known_ids=_known_ids(run)):
        say_once(f"plan {problem.text}", f"plan: {problem.text}")
        bad.update(problem.edges)
    return bad


def _node_text(run: Run, step: Step, place: int) -> Said:
    order_index = step.order_index if type(step.order_index) is int else place
    parts = [
        f',"node_id":{quote(step.node_id)}{name_field("node_type", step.node_type)},"order_index":{order_index}',
        name_field("name", step.name),
        name_field("goal", step.goal),
        name_field("agent_name", step.agent_name),
    ]
    if step.details is not None:
        parts.append(f',"details":{run.values.text(step.details, run)}')
    if step.requires_approval is not None:
        parts.append(f',"requires_approval":{"true" if step.requires_approval else "false"}')
    if type(step.max_attempts) is int and step.max_attempts >= 1:
        parts.append(f',"max_attempts":{step.max_attempts}')
    elif step.max_attempts is not None:
        say_once("max_attempts", f"plan: max_attempts is {step.max_attempts!r}; give a whole number from 1 on")
    return '"record":"node","phase":"start"', "".join(parts), step.node_id if step.node_type is None else None


def _edge_text(edge: Edge) -> Said:
    source, target, edge_type, condition = edge
    fields = f',"source":{quote(source)},"target":{quote(target)},"edge_type":{quote(edge_type)}'
    return '"record":"edge"', fields + (f',"condition":{quote(condition)}' if condition else ""), None
