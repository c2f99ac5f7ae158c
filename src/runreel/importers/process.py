"""Converting in a process of its own, so that reading the old database and writing the new one go on side by side."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from runreel.errors import ConfigError, RunreelError, SourceError
from runreel.importers.address import open_source
from runreel.importers.file_folder import FileFolder
from runreel.importers.gati import GatiConversion
from runreel.importers.kind import Kind, kind_of
from runreel.importers.ledger import Ledger
from runreel.importers.legacy.conversion import LegacyConversion
from runreel.importers.source import Source
from runreel.importers.stream import Conversion, iter_bundle
from runreel.model.import_report import KindReport, Repair, TableReport
from runreel.model.instant import format_instant, now

_END_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the conversion counted."""

    tables: list[TableReport]
    repairs: list[Repair]
    kinds: list[KindReport]


class ConversionProcess:
    """Converts a database; use it as a context. `kind` and `name` say what it is, `n_runs` and `n_events` what it has.

    `has_sessions` is False where one session takes all runs. First `iter_chunks`, to its end; then `refuse`, then
    `findings`. Every method raises `SourceError` where the database can't be read or is of no known kind, and
    `ConfigError` where the address can't be used.
    """

    def __init__(self, address: str, *, folder: str | None = None, has_sessions: bool = True) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_convert, args=(theirs, address, folder, has_sessions), daemon=True)
        self._process.start()
        theirs.close()
        try:
            self.kind, self.name, self.n_runs, self.n_events = self._receive("begin")
        except BaseException:
            self.close()
            raise

    def iter_chunks(self, on_progress: Callable[[int, int], None]) -> Iterator[bytes]:
        """Yield the bundle; `on_progress` is told how many runs and events are done."""
        while True:
            tag, value = self._next()
            if tag == "chunk":
                yield value
            elif tag == "progress":
                on_progress(*value)
            else:
                return

    def refuse(self, reasons: Iterable[tuple[str, str]]) -> None:
        """Tell why the server refused runs, by their ids."""
        self._send(("refuse", list(reasons)))

    def findings(self, kept: Mapping[str, int] | None) -> Findings:
        """Return what was counted, beside what the server counted."""
        self._send(("findings", kept))
        return self._receive("findings")

    def close(self) -> None:
        """End the process; safe twice."""
        self._connection.close()
        self._process.join(_END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, wanted: str) -> Any:
        tag, value = self._next()
        assert tag == wanted
        return value

    def _next(self) -> tuple[str, Any]:
        try:
            tag, value = self._connection.recv()
        except (EOFError, OSError) as error:
            raise SourceError("the process that reads the database ended before it was done; try again") from error
        if tag == "error":
            is_config, text = value
            raise ConfigError(text) if is_config else SourceError(text)
        return tag, value

    def _send(self, message: object) -> None:
        try:
            self._connection.send(message)
        except OSError as error:
            raise SourceError("the process that reads the database ended before it was done; try again") from error


def open_conversion(source: Source, ledger: Ledger, *, folder: FileFolder | None = None) -> Conversion:
    """Return the conversion of a database, by its kind.

    Raises:
        SourceError: it is of no kind that is known.
    """
    if kind_of(source) is Kind.LEGACY:
        return LegacyConversion(source, ledger, folder=folder)
    return GatiConversion(source, ledger)


def _convert(connection: Connection, address: str, folder: str | None, has_sessions: bool) -> None:
    """Be the process: whoever began it ends it by letting go of the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with closing(connection):
            try:
                _serve(connection, address, folder, has_sessions)
            except RunreelError as error:
                connection.send(("error", (isinstance(error, ConfigError), str(error))))
    except (EOFError, OSError):
        return


def _serve(connection: Connection, address: str, folder: str | None, has_sessions: bool) -> None:
    files = None if folder is None else FileFolder(folder)
    with open_source(address) as source, closing(Ledger()) as ledger:
        with closing(open_conversion(source, ledger, folder=files)) as conversion:
            name = base_name(source.name)
            connection.send(("begin", (kind_of(source).value, name, conversion.n_runs, conversion.n_events)))
            for chunk in iter_bundle(
                conversion,
                made_at=format_instant(now()),
                name=name,
                on_progress=lambda n_runs, n_events: connection.send(("progress", (n_runs, n_events))),
            ):
                connection.send(("chunk", chunk))
            connection.send(("end", None))
        if not has_sessions:
            for table in ("projects", "sessions"):
                ledger.withdraw(table, table, "all runs went into one session that was named")
        _answer(connection, source, ledger)


def _answer(connection: Connection, source: Source, ledger: Ledger) -> None:
    if source.n_repaired_texts:
        ledger.repaired("texts that were no UTF-8 were made readable", None, source.n_repaired_texts)
    while True:
        verb, value = connection.recv()
        if verb == "refuse":
            for run_id, reason in value:
                ledger.refuse_run(run_id, reason)
        else:
            findings = Findings(tables=ledger.tables(), repairs=ledger.repairs(), kinds=ledger.kinds(value))
            connection.send(("findings", findings))


def base_name(name: str) -> str:
    """Return what a database is called in a report that others read: no folder, no server, no password."""
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].partition("?")[0] or name
