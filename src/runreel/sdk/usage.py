"""What a call of a model consumed, read from its result without knowing the library that gave it."""

from __future__ import annotations

from runreel.sdk.guard import OWN_ERRORS, swallow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

USAGE_FIELDS = ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning", "cost")

_HOLDERS = ("usage", "usage_metadata", "usageMetadata", "token_usage", "llm_output", "response_metadata")
_INPUT = ("prompt_tokens", "input_tokens", "prompt_token_count", "promptTokenCount", "inputTokens", "tokens_in")
_OUTPUT = (
    "completion_tokens",
    "output_tokens",
    "candidates_token_count",
    "candidatesTokenCount",
    "outputTokens",
    "tokens_out",
)
_CACHED = (
    ("prompt_tokens_details", "cached_tokens"),
    ("input_tokens_details", "cached_tokens"),
    ("input_token_details", "cache_read"),
    ("cached_content_token_count",),
    ("cachedContentTokenCount",),
    ("tokens_cached",),
)
_REASONING = (
    ("completion_tokens_details", "reasoning_tokens"),
    ("output_tokens_details", "reasoning_tokens"),
    ("output_token_details", "reasoning"),
    ("thoughts_token_count",),
    ("thoughtsTokenCount",),
)
_PROVIDERS = frozenset({"anthropic", "cohere", "google", "groq", "mistralai", "ollama", "openai", "together"})
_PLAIN = frozenset({str, bytes, int, float, bool, type(None), list, tuple, set})


class FoundUsage:
    """Figures, model and provider as far as a result tells them."""

    __slots__ = ("model", "provider", "usage")

    def __init__(self, usage: dict[str, float], model: str | None, provider: str | None) -> None:
        self.usage = usage
        self.model = model
        self.provider = provider


def usage_of(result: object) -> FoundUsage | None:
    """Look for usage where the results of common libraries have it; None where there is none. Never raises."""
    kind = type(result)
    if kind in _PLAIN:
        return None
    try:
        return _read(result)
    except OWN_ERRORS as error:
        swallow("read the usage of a model's answer", error)
        return None


def _read(result: object) -> FoundUsage | None:
    look = _looker(result)
    model = next((name for key in ("model", "model_name", "model_version") if type(name := look(key)) is str), None)
    usage: dict[str, float] = {}
    for name in _HOLDERS:
        holder = look(name)
        if holder is None:
            continue
        usage = _figures(_looker(holder))
        if not usage and (inner := _looker(holder)("token_usage")) is not None:
            usage = _figures(_looker(inner))
        if usage:
            break
    if not usage and not model:
        return None
    module = type(result).__module__
    top = module.partition(".")[0] if type(module) is str else ""
    return FoundUsage(usage, model, top if top in _PROVIDERS else None)


def _figures(look: Callable[[str], object]) -> dict[str, float]:
    figures: dict[str, float] = {}
    tokens_in = _first(look, ((name,) for name in _INPUT))
    tokens_out = _first(look, ((name,) for name in _OUTPUT))
    cached = _first(look, _CACHED)
    # Anthropic counts what was read from a cache, or written to it, apart from the tokens that went in.
    read, written = _count(look("cache_read_input_tokens")), _count(look("cache_creation_input_tokens"))
    if tokens_in is not None:
        figures["tokens_in"] = tokens_in + (read or 0) + (written or 0)
    if tokens_out is not None:
        # Gemini counts thoughts apart from the tokens that came out.
        thoughts = _count(look("thoughts_token_count")) or _count(look("thoughtsTokenCount")) or 0
        figures["tokens_out"] = tokens_out + thoughts
    if cached or read:
        figures["tokens_cached"] = cached or read or 0
    if written:
        figures["tokens_cache_write"] = written
    if reasoning := _first(look, _REASONING):
        figures["tokens_reasoning"] = reasoning
    return figures


def _first(look: Callable[[str], object], paths: Iterable[tuple[str, ...]]) -> int | None:
    for path in paths:
        found = look(path[0])
        for name in path[1:]:
            found = None if found is None else _looker(found)(name)
        if (number := _count(found)) is not None:
            return number
    return None


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= 10**12 else None


def _looker(holder: object) -> Callable[[str], object]:
    if isinstance(holder, dict):
        return holder.get  # type: ignore[reportUnknownMemberType]

    def look(name: str) -> object:
        try:
            return getattr(holder, name, None)
        except OWN_ERRORS:  # a property of the host's that fails tells nothing
            return None

    return look
