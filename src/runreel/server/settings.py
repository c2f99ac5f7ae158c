"""Settings of the server, read once from the environment. No other file reads it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runreel.errors import ConfigError

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set, by `RUNREEL_…` variables of the same names in capitals.

    `database` is a URL; without one the database is the file `runreel.db` in `data`. `blobs` is a folder or the URL
    of a bucket; without one it is the folder `blobs` in `data`. `prices` is a file.
    """

    host: str = "127.0.0.1"
    port: int = 4700
    data: Path
    database: str | None = None
    blobs: str | None = None
    max_body_bytes: int = 64 * _MIB
    max_file_bytes: int = 1024 * _MIB
    max_inflated_bytes: int = 128 * _MIB
    max_record_bytes: int = 16 * _MIB
    max_records: int = 50_000
    queue_bytes: int = 64 * _MIB
    settle_after_s: float = 5.0
    max_streams: int = 500
    stream_heartbeat_s: float = 15.0
    min_free_bytes: int = 512 * _MIB
    prices: Path | None = None
    log_level: str = "warning"
    log_format: str = "text"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read `RUNREEL_*`; a bad value raises `ConfigError` that names it."""
        default = cls(data=_default_data(env))
        return cls(
            host=env.get("RUNREEL_HOST", default.host),
            port=_integer(env, "RUNREEL_PORT", default.port, least=0, most=65_535),
            data=default.data,
            database=env.get("RUNREEL_DATABASE") or None,
            blobs=env.get("RUNREEL_BLOBS") or None,
            max_body_bytes=_integer(env, "RUNREEL_MAX_BODY_BYTES", default.max_body_bytes),
            max_file_bytes=_integer(env, "RUNREEL_MAX_FILE_BYTES", default.max_file_bytes),
            max_inflated_bytes=_integer(env, "RUNREEL_MAX_INFLATED_BYTES", default.max_inflated_bytes),
            max_record_bytes=_integer(env, "RUNREEL_MAX_RECORD_BYTES", default.max_record_bytes),
            max_records=_integer(env, "RUNREEL_MAX_RECORDS", default.max_records),
            queue_bytes=_integer(env, "RUNREEL_QUEUE_BYTES", default.queue_bytes),
            settle_after_s=_seconds(env, "RUNREEL_SETTLE_AFTER_S", default.settle_after_s),
            max_streams=_integer(env, "RUNREEL_MAX_STREAMS", default.max_streams),
            stream_heartbeat_s=_seconds(env, "RUNREEL_STREAM_HEARTBEAT_S", default.stream_heartbeat_s, least=0.1),
            min_free_bytes=_integer(env, "RUNREEL_MIN_FREE_BYTES", default.min_free_bytes, least=0),
            prices=Path(env["RUNREEL_PRICES"]) if env.get("RUNREEL_PRICES") else None,
            log_level=_log_level(env, default.log_level),
            log_format=_log_format(env, default.log_format),
        )

    def database_url(self) -> str:
        """Return the URL of the database in use."""
        return self.database or f"sqlite:///{self.data.expanduser().resolve() / 'runreel.db'}"

    def database_file(self) -> Path | None:
        """Return the file of the database, or None where a server keeps it."""
        scheme, _, path = self.database_url().partition(":///")
        return Path(path.partition("?")[0]) if scheme.partition("+")[0] == "sqlite" else None

    def blobs_place(self) -> str:
        """Return where bytes of files and large payloads are kept: a folder, or `s3://BUCKET/PREFIX`."""
        return self.blobs or str(self.data.expanduser().resolve() / "blobs")

    def require_loopback(self) -> None:
        """Refuse a host that other machines could reach; raises `ConfigError` with the reason."""
        if not is_loopback(self.host):
            raise ConfigError(
                f"the host {self.host!r} can be reached by other machines, and Runreel has no accounts yet: whoever "
                "reaches it could read and delete everything; use 127.0.0.1, and an SSH tunnel from elsewhere"
            )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _default_data(env: Mapping[str, str]) -> Path:
    if env.get("RUNREEL_DATA"):
        return Path(env["RUNREEL_DATA"])
    base = Path(env["XDG_DATA_HOME"]) if env.get("XDG_DATA_HOME") else Path("~/.local/share")
    return base / "runreel"


def _integer(env: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int = 2**40) -> int:
    raw = env.get(name)
    if raw is None:
        return default
    if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
        raise ConfigError(f"{name} is {raw!r}; give a whole number from {least} to {most}")
    return int(raw)


def _seconds(env: Mapping[str, str], name: str, default: float, *, least: float = 0) -> float:
    raw = env.get(name)
    if raw is None:
        return default
    try:
        seconds = float(raw)
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= 86_400:
        raise ConfigError(f"{name} is {raw!r}; give seconds as a number from {least} to 86400, for example 2.5")
    return seconds


def _log_level(env: Mapping[str, str], default: str) -> str:
    level = env.get("RUNREEL_LOG_LEVEL", default).lower()
    levels = ("debug", "info", "warning", "error", "critical")
    if level not in levels:
        raise ConfigError(f"RUNREEL_LOG_LEVEL is {level!r}; use one of {', '.join(levels)}")
    return level


def _log_format(env: Mapping[str, str], default: str) -> str:
    style = env.get("RUNREEL_LOG_FORMAT", default).lower()
    if style not in ("text", "json"):
        raise ConfigError(f"RUNREEL_LOG_FORMAT is {style!r}; use text or json")
    return style
