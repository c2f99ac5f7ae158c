"""Code that an agent runs: what it was, what came of it, and what it changed in files."""

from __future__ import annotations

from runreel.sdk.block import EventBlock
from runreel.sdk.context import Place, current
from runreel.sdk.event import Event, EventKind
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.implicit import implicit_place
from runreel.sdk.nothing import nothing_run
from runreel.sdk.record import plain_mapping, plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from runreel.sdk.run import RunPlace

# To compare more takes longer than a host should wait.
_MAX_COMPARED_LINES = 20_000
_MAX_COMPARED_CHARS = 2_000_000


def code_exec(
    code: str, language: str = "python", *, name: str | None = None, attributes: Mapping[str, object] | None = None
) -> CodeBlock:
    """Record what is inside as the execution of code. The block gives a `CodeExecution`, to say what came of it.

    It fails when its exit code is not 0, and when the block raises.
    """
    return CodeBlock(code, language, name=name, attributes=attributes)


class CodeExecution(Event):
    """The execution of code; what is set here is told when it ends."""

    __slots__ = ("_diffs", "_exit_code", "_stderr")

    def __init__(self, run: Any, outer: Place | None, node_id: str | None, kind: EventKind) -> None:
        super().__init__(run, outer, node_id, kind)
        self._diffs: list[dict[str, object]] = []
        self._exit_code: int | None = None
        self._stderr: str | None = None

    def set_result(self, *, stdout: object = None, stderr: object = None, exit_code: int | None = None) -> None:
        """Set what the code printed, and how it ended. Bytes are taken as UTF-8."""
        try:
            self._exit_code = int(exit_code) if isinstance(exit_code, int) else None
            self._stderr = _text(stderr)
            self.set_output({"stdout": _text(stdout), "stderr": self._stderr, "exit_code": self._exit_code})
        except OWN_ERRORS as error:
            swallow("set the result of code", error)

    def add_diff(self, path: str, before: str | bytes | None, after: str | bytes | None) -> None:
        """Tell how a file was changed, as a unified diff; None: it was not there before, or isn't there after."""
        try:
            self._diffs.append({"path": plain_text(path, "path", "file"), "diff": _diff_of(path, before, after)})
            self.add_attributes({"diffs": list(self._diffs)})
        except OWN_ERRORS as error:
            swallow("compare a file", error)

    def complete(self, result: object) -> None:
        """Tell that the code ended, well or with an exit code."""
        if not self._exit_code:
            super().complete(result)
            return
        failure = None
        try:
            lines = (self._stderr or "").strip().splitlines()
            message = lines[-1] if lines else f"the code ended with exit code {self._exit_code}"
            failure = self.run.values.text({"type": f"exit code {self._exit_code}", "message": message}, self.run)
        except OWN_ERRORS as error:
            swallow("describe how code ended", error)
        self.end_with("failed", None, failure)


class CodeBlock(EventBlock):
    """Records the execution of code. The block gives the `CodeExecution`."""

    __slots__ = ("_attributes", "_code", "_language")

    def __init__(
        self, code: object, language: object, *, name: object, attributes: Mapping[str, object] | None
    ) -> None:
        super().__init__(self._make_kind, name)
        self._code = code
        self._language = plain_text(language, "language") or "python"
        self._attributes = plain_mapping(attributes, "attributes")

    def __enter__(self) -> CodeExecution:
        place = self._enter()
        return _nothing() if place is None else place  # type: ignore[return-value]  # what `_open` gave

    async def __aenter__(self) -> CodeExecution:
        return self.__enter__()

    def _open(self) -> Event | RunPlace | None:
        outer = current.get()
        place = outer or implicit_place()
        if place is None:
            return None
        inputs = place.run.values.text({"language": self._language, "code": self._code}, place.run)
        return self._kind(None).open(outer, place, inputs)

    def _make_kind(self, name: str | None, *, capture_outputs: bool) -> EventKind:
        kind = EventKind(
            "code_exec", name or self._language, attributes=self._attributes, capture_outputs=capture_outputs
        )
        kind.event_class = CodeExecution
        return kind


def _nothing() -> CodeExecution:
    return CodeExecution(nothing_run(), None, None, EventKind("code_exec", "nothing"))


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else str(value)


def _diff_of(path: str, before: object, after: object) -> str:
    texts = [_text(before) or "", _text(after) or ""]
    n_chars = sum(map(len, texts))
    old, new = (text.splitlines(keepends=True) for text in texts)
    if n_chars > _MAX_COMPARED_CHARS or len(old) + len(new) > _MAX_COMPARED_LINES:
        say_once("long diff", f"{path}: files of more than {_MAX_COMPARED_LINES} lines are not compared")
        return ""
    from difflib import unified_diff

    old_name = "/dev/null" if before is None else f"a/{path}"
    new_name = "/dev/null" if after is None else f"b/{path}"
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(old, new, old_name, new_name)
    )
