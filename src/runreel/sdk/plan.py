"""Plans: nodes of a run's workflow graph that are declared, with their order and their edges, before they run."""

from __future__ import annotations

from runreel.model.plan import check_plan, dependency_edges
from runreel.sdk.graph import type_of
from runreel.sdk.guard import say_once
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field, plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    from runreel.sdk.run import Run

    Edge: TypeAlias = tuple[str, str, str, str]
    """Source, target, type and condition."""

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
    """What a run has declared last: its version, its nodes, and the texts of its records."""

    __slots__ = ("node_ids", "texts", "version")

    def __init__(self, version: int, node_ids: Iterable[str], texts: Sequence[tuple[str, str]]) -> None:
        self.version = version
        self.node_ids = frozenset(node_ids)
        self.texts = texts


def declare(run: Run, nodes: object, edges: object = None) -> None:
    """Declare nodes and edges as the next version of a run's plan; what can't be taken is said once, and left out.

    The same as before is no new version. Without edges nodes follow what they depend on, or else each the one before.
    """
    stated = None if edges is None else list(_iter_edges(edges))
    steps = list(_iter_steps(nodes if nodes is not None else _ends_of(stated or [])))
    wanted = _wanted_edges(steps, stated)
    bad = _find_bad(run, steps, wanted)
    distinct: dict[str, Step] = {}
    for step in steps:
        distinct.setdefault(step.node_id, step)
    texts = [_node_text(run, step, place) for place, step in enumerate(distinct.values())]
    sound = [edge for edge in wanted if edge[:3] not in bad]
    texts += map(_edge_text, sound)
    before = run.plan
    if before is not None and before.texts == texts:
        return
    plan = run.plan = Plan(before.version + 1 if before else 1, distinct, texts)
    run.edges = {*(run.edges or ()), *((source, target) for source, target, _, _ in sound)}
    for kind, fields in texts:
        run.add(kind, f'{fields},"plan_version":{plan.version}')


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
    for problem in check_plan([step.node_id for step in steps], triples, known_ids=run.nodes or ()):
        say_once(f"plan {problem.text}", f"plan: {problem.text}")
        bad.update(problem.edges)
    return bad


def _node_text(run: Run, step: Step, place: int) -> tuple[str, str]:
    node_type = step.node_type
    if node_type is None and step.node_id not in (run.nodes or ()):
        node_type = type_of(step.node_id)
    order_index = step.order_index if type(step.order_index) is int else place
    parts = [
        f',"node_id":{quote(step.node_id)}{name_field("node_type", node_type)},"order_index":{order_index}',
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
    return '"record":"node","phase":"start"', "".join(parts)


def _edge_text(edge: Edge) -> tuple[str, str]:
    source, target, edge_type, condition = edge
    fields = f',"source":{quote(source)},"target":{quote(target)},"edge_type":{quote(edge_type)}'
    return '"record":"edge"', fields + (f',"condition":{quote(condition)}' if condition else "")
