"""Errors as text: type, message, and the stack with its causes; never the local variables."""

from __future__ import annotations

from runreel.sdk.class_view import find_member, mro_of, type_name, type_of
from runreel.sdk.quoting import cut, quote
from runreel.sdk.scrubbing import scrubbed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from traceback import FrameSummary
    from types import FrameType, TracebackType
    from typing import Any

    from runreel.sdk.walk import Walk

_OURS = "runreel.sdk."
_CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
_MEANWHILE = "\nDuring handling of the above exception, another exception occurred:\n\n"
_MAX_CHAIN = 10
_MAX_GROUP = 10
_MAX_NOTES = 10
_MAX_TRACE = 10_000
# Of a long stack the end tells where it happened, the beginning how it came there.
_MAX_FRAMES_OF_ONE = 50
_N_FIRST = 10
_PLAIN = (str, int, float, bool, type(None))

_args_of: Callable[[BaseException], tuple[Any, ...]] = BaseException.__dict__["args"].__get__
_cause_of: Callable[[BaseException], BaseException | None] = BaseException.__dict__["__cause__"].__get__
_context_of: Callable[[BaseException], BaseException | None] = BaseException.__dict__["__context__"].__get__
_hides_context: Callable[[BaseException], bool] = BaseException.__dict__["__suppress_context__"].__get__
_trace_of: Callable[[BaseException], TracebackType | None] = BaseException.__dict__["__traceback__"].__get__


def error_text(walk: Walk, error: BaseException) -> str:
    """Return `{"type", "message", "stack"}` as JSON text."""
    kind = quote(type_name(type(error)))
    message = walk.item("message", message_of(walk, error), 1)
    stack = walk.item("stack", stack_of(walk, error), 1)
    return f'{{"type":{kind},"message":{message},"stack":{stack}}}'


def message_of(walk: Walk, error: BaseException) -> str:
    """Return what the error says, without secrets that it names."""
    try:
        message = _message(walk, error)
    except Exception as failure:  # noqa: BLE001
        # An error of the host may fail to say what it is; that it was raised is recorded all the same.
        return f"[its text failed: {type_name(type(failure))}]"
    return scrubbed(cut(message, walk.limits.message_chars), walk.is_secret)


def _message(walk: Walk, error: BaseException) -> str:
    if find_member(mro_of(type(error)), "__str__") is BaseException.__str__:
        # What it was raised with may be large, or hold secrets: it is told like any other value.
        args = _args_of(error)
        if len(args) > 1 and not all(type(arg) in _PLAIN for arg in args):
            return walk.text(list(args), 1)
        if len(args) == 1 and type(args[0]) not in _PLAIN:
            return walk.text(args[0], 1)
    return str.__str__(str(error))


def stack_of(walk: Walk, error: BaseException) -> str:
    """Return the stack as Python prints it, with causes first."""
    try:
        return _without_middle("".join(_Stack(walk).lines(error, "")), walk.limits.inline_chars)
    except Exception as failure:  # noqa: BLE001
        # It reads source files and calls loaders of modules; the error counts more than its stack.
        return f"[its stack failed: {type_name(type(failure))}]"


class _Stack:
    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._seen: set[int] = set()
        self._frames_left = walk.limits.frames

    def lines(self, error: BaseException, indent: str) -> Iterator[str]:
        for cause, relation in self._chain(error):
            yield from self._lines_of_one(cause, indent)
            yield relation.replace("\n", f"\n{indent}") if indent else relation

    def _chain(self, error: BaseException) -> list[tuple[BaseException, str]]:
        """Return the error and what led to it, the first cause first, each with what relates it to the next."""
        chain = [(error, "")]
        self._seen.add(id(error))
        while len(chain) < _MAX_CHAIN:
            latest = chain[-1][0]
            before, relation = _cause_of(latest), _CAUSED
            if before is None and not _hides_context(latest):
                before, relation = _context_of(latest), _MEANWHILE
            if before is None or id(before) in self._seen:
                break
            self._seen.add(id(before))
            chain.append((before, relation))
        return chain[::-1]

    def _lines_of_one(self, error: BaseException, indent: str) -> Iterator[str]:
        trace = _trace_of(error)
        if trace is not None:
            yield f"{indent}Traceback (most recent call last):\n"
            for line in self._frame_lines(trace):
                yield indent + line
        message = message_of(self._walk, error)
        name = type_name(type(error))
        text = f"{name}: {message}" if message else name
        for line in [*text.splitlines(), *_notes_of(self._walk, error)]:
            yield f"{indent}{line}\n"
        yield from self._members_of_group(error, indent)

    def _frame_lines(self, trace: TracebackType) -> Iterator[str]:
        from traceback import StackSummary

        frames = _frames_of(trace)
        n_kept = max(1, min(_MAX_FRAMES_OF_ONE, self._frames_left))
        self._frames_left -= min(n_kept, len(frames))
        n_first = min(_N_FIRST, n_kept // 2) if len(frames) > n_kept else len(frames)
        for line in StackSummary.extract(iter(frames[:n_first])):
            yield from self._lines_of_frame(line)
        if n_first < len(frames):
            last = frames[n_first - n_kept :]
            yield f"  [{len(frames) - n_first - len(last)} more]\n"
            for line in StackSummary.extract(iter(last)):
                yield from self._lines_of_frame(line)

    def _lines_of_frame(self, frame: FrameSummary) -> Iterator[str]:
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        if frame.line:
            source = cut(frame.line, self._walk.limits.preview_chars)
            yield f"    {scrubbed(source, self._walk.is_secret, is_code=True)}\n"

    def _members_of_group(self, error: BaseException, indent: str) -> Iterator[str]:
        if not issubclass(type(error), BaseExceptionGroup) or len(indent) > 8:
            return
        members = BaseExceptionGroup.__dict__["exceptions"].__get__(error)
        for number, member in enumerate(members[:_MAX_GROUP], start=1):
            yield f"{indent}  ---------------- {number} of {len(members)} ----------------\n"
            if id(member) not in self._seen:
                yield from self.lines(member, indent + "  ")


def _frames_of(trace: TracebackType) -> list[tuple[FrameType, int]]:
    """Return frames and lines of a stack, without our own at its beginning."""
    frames: list[tuple[FrameType, int]] = []
    step: TracebackType | None = trace
    while step is not None and len(frames) < _MAX_TRACE:
        module = step.tb_frame.f_globals.get("__name__")
        if type(module) is not str or not f"{module}.".startswith(_OURS):
            frames.append((step.tb_frame, step.tb_lineno))
        step = step.tb_next
    return frames


def _without_middle(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    missing = f"\n  [cut: {len(text)} characters in all]\n"
    n_kept = max(0, max_chars - len(missing))
    return text[: n_kept // 4] + missing + text[len(text) - (n_kept - n_kept // 4) :]


def _notes_of(walk: Walk, error: BaseException) -> list[str]:
    notes: Any = BaseException.__getattribute__(error, "__dict__").get("__notes__")
    if type_of(notes) is not list:
        return []
    texts = [note for note in notes[:_MAX_NOTES] if type(note) is str]
    return [scrubbed(cut(note, walk.limits.message_chars), walk.is_secret) for note in texts]
