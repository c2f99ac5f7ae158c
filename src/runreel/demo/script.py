"""How a script answers a conversation: which scene it is, who is asked, and what has been said so far."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import TypeAlias, cast

from runreel.demo.errors import ScriptError
from runreel.demo.model import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """An answer in words. `$name` stands for a part of the task, or for a field of the last tool's result."""

    text: str
    is_busy_at_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An answer that calls a tool; `$name` stands for the same as in `Say`."""

    tool: str
    arguments: Mapping[str, str]
    is_busy_at_first: bool = False


Line: TypeAlias = Say | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the plan, and what the worker says in it, turn by turn."""

    goal: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that is said about tasks of one kind; `task` is a regular expression whose groups have names."""

    task: str
    steps: Sequence[Step]
    is_reporter_busy_at_first: bool = False


class Script:
    """Finds the next line of a conversation from nothing but the conversation."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self._scenes = scenes

    def next_line(self, messages: Sequence[JsonObject]) -> Line:
        """Return what the model says next.

        Raises:
            ScriptError: it is none of the script's conversations, or it is at its end.
        """
        role = _find(r"You are the (\w+)", messages[0])
        scene, parts = self._scene(_find(r"^Task: (.*)$", messages[1]))
        if role == "planner":
            return Say(text=json.dumps({"steps": [_fill(step.goal, parts) for step in scene.steps]}))
        if role == "reporter":
            findings = re.findall(r"^- (.*)$", messages[1]["content"], re.MULTILINE)
            return Say(text=findings[-1], is_busy_at_first=scene.is_reporter_busy_at_first)
        step = _step(scene, parts, _find(r"^Step: (.*)$", messages[1]))
        n_turns = sum(message["role"] == "assistant" for message in messages)
        if n_turns >= len(step.lines):
            raise ScriptError(f"the script of {step.goal!r} is at its end")
        return _spoken(step.lines[n_turns], {**parts, **_result(messages[-1])})

    def _scene(self, task: str) -> tuple[Scene, dict[str, object]]:
        for scene in self._scenes:
            if match := re.fullmatch(scene.task, task):
                return scene, dict(match.groupdict())
        raise ScriptError(f"the script has no scene for the task {task!r}")


def _step(scene: Scene, parts: Mapping[str, object], goal: str) -> Step:
    for step in scene.steps:
        if _fill(step.goal, parts) == goal:
            return step
    raise ScriptError(f"the script has no step {goal!r}")


def _spoken(line: Line, parts: Mapping[str, object]) -> Line:
    if isinstance(line, Say):
        return replace(line, text=_fill(line.text, parts))
    return replace(line, arguments={name: _fill(text, parts) for name, text in line.arguments.items()})


def _fill(text: str, parts: Mapping[str, object]) -> str:
    return Template(text).safe_substitute({name: _say(value) for name, value in parts.items()})


def _say(value: object) -> str:
    return ", ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(value)


def _result(message: JsonObject) -> dict[str, object]:
    """Return the fields of a tool's result: its own, those of the row that it found, those that its code printed."""
    if message["role"] != "tool":
        return {"findings": "\n".join(re.findall(r"^- (.*)$", message["content"], re.MULTILINE))}
    result = cast("dict[str, object]", json.loads(message["content"]))
    first = cast("dict[str, object]", result.get("first_row") or {})
    return {**result, **first, **_printed(result.get("stdout"))}


def _printed(stdout: object) -> dict[str, object]:
    try:
        return cast("dict[str, object]", json.loads(cast("str", stdout)))
    except (TypeError, ValueError):
        return {}


def _find(pattern: str, message: JsonObject) -> str:
    match = re.search(pattern, message["content"], re.MULTILINE)
    if match is None:
        raise ScriptError(f"the script misses {pattern!r} in the conversation")
    return match.group(1)
