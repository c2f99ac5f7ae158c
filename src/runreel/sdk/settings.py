"""What a client is set to: arguments of `init` over the environment, checked at once.

The only module of the SDK that reads the environment, once for each `init`.
"""

from __future__ import annotations

import os

from runreel.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    Redact: TypeAlias = Callable[[str | None, object], object]

DEFAULT_URL = "http://127.0.0.1:4700"
DEFAULT_JOURNAL_MAX_BYTES = 256 * 1024 * 1024
DEFAULT_MAX_FILE_BYTES = 64 * 1024 * 1024
HEARTBEAT_INTERVAL_MS = 10_000

# Less holds no segment of the journal beside the one that is being delivered.
_LEAST_JOURNAL_BYTES = 1024 * 1024
_LONGEST_NAME = 255
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})


class Settings:
    """The settings of one client; two with the same values are equal. Not to be changed."""

    __slots__ = (
        "agent",
        "api_key",
        "environment",
        "heartbeat_interval_ms",
        "is_disabled",
        "journal",
        "journal_max_bytes",
        "max_file_bytes",
        "metadata",
        "redact",
        "redact_keys",
        "session",
        "tags",
        "url",
    )

    def __init__(
        self,
        *,
        journal: str,
        agent: str | None = None,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        session: str | None = None,
        environment: str | None = None,
        tags: tuple[str, ...] = (),
        metadata: Mapping[str, object] | None = None,
        redact: Redact | None = None,
        redact_keys: tuple[str, ...] = (),
        journal_max_bytes: int = DEFAULT_JOURNAL_MAX_BYTES,
        max_file_bytes: int = DEFAULT_MAX_FILE_BYTES,
        heartbeat_interval_ms: int = HEARTBEAT_INTERVAL_MS,
        is_disabled: bool = False,
    ) -> None:
        self.agent = agent
        self.url = url
        self.api_key = api_key
        self.session = session
        self.environment = environment
        self.tags = tags
        self.metadata = dict(metadata or {})
        self.redact = redact
        self.redact_keys = redact_keys
        self.journal = journal
        self.journal_max_bytes = journal_max_bytes
        self.max_file_bytes = max_file_bytes
        self.heartbeat_interval_ms = heartbeat_interval_ms
        self.is_disabled = is_disabled

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Settings):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # metadata can't be hashed

    def __repr__(self) -> str:
        # The key is left out: what is shown lands in logs.
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__ if name != "api_key")
        return f"Settings({shown})"


def read_settings(
    *,
    agent: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
    session: str | None = None,
    environment: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    redact: Redact | None = None,
    redact_keys: Iterable[str] | None = None,
    journal: str | os.PathLike[str] | None = None,
    journal_max_bytes: int | None = None,
    max_file_bytes: int | None = None,
    disabled: bool | None = None,
    env: Mapping[str, str] | None = None,
) -> Settings:
    """Put arguments over the environment (`env`, by default the process's own).

    Raises:
        ConfigError: a value can't be used; the text names the argument or the variable, and says what to give.
    """
    given = _Given(os.environ if env is None else env)
    if given.flag("disabled", disabled, "RUNREEL_DISABLED"):
        # Nothing else counts then: a disabled program must not fail for a bad address.
        return Settings(journal="", is_disabled=True)
    return Settings(
        agent=given.name("agent", agent, "RUNREEL_AGENT"),
        url=_checked_url(*given.text("url", url, "RUNREEL_URL", DEFAULT_URL)),
        api_key=_checked_key(*given.text("api_key", api_key, "RUNREEL_API_KEY", "")),
        session=given.name("session", session, "RUNREEL_SESSION"),
        environment=given.name("environment", environment, "RUNREEL_ENVIRONMENT"),
        tags=given.names("tags", tags, "RUNREEL_TAGS"),
        metadata=given.mapping(metadata, "RUNREEL_METADATA"),
        redact=_checked_redact(redact),
        redact_keys=given.names("redact_keys", redact_keys, "RUNREEL_REDACT_KEYS"),
        journal=given.folder("journal", journal, "RUNREEL_JOURNAL"),
        journal_max_bytes=given.count(
            "journal_max_bytes",
            journal_max_bytes,
            "RUNREEL_JOURNAL_MAX_BYTES",
            DEFAULT_JOURNAL_MAX_BYTES,
            least=_LEAST_JOURNAL_BYTES,
        ),
        max_file_bytes=given.count(
            "max_file_bytes", max_file_bytes, "RUNREEL_JOURNAL_MAX_FILE_BYTES", DEFAULT_MAX_FILE_BYTES, least=0
        ),
    )


def is_disabled_by(env: Mapping[str, str] | None = None) -> bool:
    """Tell whether an environment (by default the process's own) disables recording.

    Raises:
        ConfigError: it says neither yes nor no.
    """
    return _Given(os.environ if env is None else env).flag("disabled", None, "RUNREEL_DISABLED")


def journal_root(env: Mapping[str, str]) -> str:
    """Return the folder of journals by this environment; nothing is made or asked of it."""
    stated = env.get("RUNREEL_JOURNAL")
    return os.path.abspath(os.path.expanduser(stated)) if stated else _default_journal(env)


class _Given:
    """Finds each value, and who gave it: an argument, or a variable of the environment."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, argument: str, value: object, variable: str, default: str) -> tuple[str, str]:
        if value is None:
            return variable, self._env.get(variable) or default
        if not isinstance(value, str):
            raise ConfigError(f"{argument} is {_shown(value)}; give text")
        return argument, value

    def name(self, argument: str, value: object, variable: str) -> str | None:
        giver, text = self.text(argument, value, variable, "")
        return _checked_name(giver, text) if text or value is not None else None

    def names(self, argument: str, value: Any, variable: str) -> tuple[str, ...]:
        if value is None:
            stated = self._env.get(variable, "").split(",")
            return tuple(_checked_name(variable, text) for text in stated if text.strip())
        if type(value) in {str, bytes, dict} or not hasattr(value, "__iter__"):
            raise ConfigError(f"{argument} is {_shown(value)}; give a list of texts")
        return tuple(_checked_name(argument, text) for text in value)

    def mapping(self, value: Any, variable: str) -> Mapping[str, object]:
        if value is not None:
            return _checked_metadata(value)
        metadata: dict[str, object] = {}
        for pair in self._env.get(variable, "").split(","):
            name, separator, text = pair.partition("=")
            if separator and name.strip():
                metadata[name.strip()] = text.strip()
            elif pair.strip():
                raise ConfigError(
                    f"{variable} has {_shown(pair)} in it; give names and values with commas between, such as "
                    "commit=4f1c2d,region=eu"
                )
        return metadata

    def count(self, argument: str, value: object, variable: str, default: int, *, least: int) -> int:
        stated, giver = (value, argument) if value is not None else (self._env.get(variable) or default, variable)
        if isinstance(stated, str) and stated.isascii() and stated.isdecimal():
            stated = int(stated)
        if not isinstance(stated, int) or isinstance(stated, bool) or stated < least:
            raise ConfigError(
                f"{giver} is {_shown(stated)}; give a whole number from {least} up, for example {default}"
            )
        return stated

    def flag(self, argument: str, value: object, variable: str) -> bool:
        if value is not None:
            if not isinstance(value, bool):
                raise ConfigError(f"{argument} is {_shown(value)}; give True or False")
            return value
        stated = self._env.get(variable, "").strip().lower()
        if stated not in _YES | _NO:
            raise ConfigError(f"{variable} is {_shown(stated)}; give 1 to record nothing, or 0")
        return stated in _YES

    def folder(self, argument: str, value: str | os.PathLike[str] | None, variable: str) -> str:
        if value is not None and not isinstance(os.fspath(value) if hasattr(value, "__fspath__") else value, str):
            raise ConfigError(f"{argument} is {_shown(value)}; give the path of a folder")
        giver, stated = (variable, self._env.get(variable)) if value is None else (argument, os.fspath(value))
        if not stated:
            return _default_journal(self._env)
        if "\0" in stated:
            raise ConfigError(f"{giver} is {_shown(stated)}; give a path without zeros")
        path = os.path.abspath(os.path.expanduser(stated))
        _require_folder(giver, path)
        return path


def _default_journal(env: Mapping[str, str]) -> str:
    state = env.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(os.path.abspath(state), "runreel", "journal")


def _require_folder(giver: str, path: str) -> None:
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{giver} is {path!r}, and no folder can be made there ({error.strerror}); give one that can be written to"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigError(f"{giver} is {path!r}, which can't be written to; give a folder that can")


def _checked_url(giver: str, stated: str) -> str:
    url = stated.strip().rstrip("/")
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0]
    example = f"give an address such as {DEFAULT_URL}"
    if not separator or scheme.lower() not in {"http", "https"}:
        raise ConfigError(f"{giver} is {_shown(stated)}, which is no http or https address; {example}")
    if "@" in host:
        raise ConfigError(f"{giver} has a user or password in it; give those to the server's proxy, or use api_key")
    if "?" in url or "#" in url or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError(f"{giver} is {_shown(stated)}; {example}, without ? and #, in ASCII")
    if not _is_host(host):
        raise ConfigError(f"{giver} is {_shown(stated)}, which names no host and port; {example}")
    return f"{scheme.lower()}://{rest}"


def _is_host(text: str) -> bool:
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") if rest.startswith(":") else ("" if not rest else "-")
        is_named = ":" in name
    else:
        name, separator, port = text.partition(":")
        is_named = bool(name)
        if separator and not port:
            return False
    return is_named and (not port or (port.isascii() and port.isdecimal() and 0 < int(port) < 65536))


def _checked_key(giver: str, stated: str) -> str | None:
    key = stated.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        # The key itself is not shown: messages end up in logs.
        raise ConfigError(
            f"{giver} has blanks, control characters or letters beyond ASCII in it; give the key as it is"
        )
    return key or None


def _checked_name(giver: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{giver} has {_shown(value)} in it; give text")
    name = value.strip()
    if not 0 < len(name) <= _LONGEST_NAME or any(ord(char) < 32 or 127 <= ord(char) < 160 for char in name):
        raise ConfigError(f"{giver} is {_shown(value)}; give 1-{_LONGEST_NAME} characters without control characters")
    return name


def _checked_metadata(value: Any) -> Mapping[str, object]:
    try:
        metadata: dict[object, object] = dict(value)
    except (TypeError, ValueError):
        raise ConfigError(f"metadata is {_shown(value)}; give a mapping of names to values") from None
    if not all(isinstance(key, str) for key in metadata):
        raise ConfigError("metadata has a key that is no text; give a mapping of names to values")
    return {str(key): item for key, item in metadata.items()}


def _checked_redact(value: object) -> Redact | None:
    if value is not None and not callable(value):
        raise ConfigError(
            f"redact is {_shown(value)}; give a function of a key and a value that returns what to record"
        )
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
