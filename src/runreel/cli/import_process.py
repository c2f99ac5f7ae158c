"""The process that reads a foreign database and sends it to the server as a bundle.

It is one of its own, so that reading and writing go on side by side, also where the command serves the database itself.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from runreel.cli.answer import JsonObject, list_at, number_at, object_of, objects_at, text_at
from runreel.cli.client import Client
from runreel.errors import ConfigError, RunreelError, SourceError
from runreel.model.import_report import STORED_KINDS, KindReport, Repair, TableReport
from runreel.model.instant import format_instant, now

if TYPE_CHECKING:
    from runreel.importers.ledger import Ledger
    from runreel.importers.source import Source
    from runreel.importers.stream import Conversion

MEDIA_TYPE = "application/x-ndjson"

_END_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the server answered, and what was counted on both sides."""

    answer: JsonObject
    tables: list[TableReport]
    repairs: list[Repair]
    kinds: list[KindReport]


class ImportProcess:
    """Opens a database and sends it; use it as a context. `kind` and `name` say what it is, `n_runs` and `n_events`
    what it has. Raises, here and when it sends, `SourceError` where the database can't be read or is of no known kind,
    `ConfigError` where the address can't be used, and `RunreelError` for what the server answers.
    """

    def __init__(self, address: str, *, folder: str | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(theirs, address, folder), daemon=True)
        self._process.start()
        theirs.close()
        try:
            self.kind, self.name, self.n_runs, self.n_events = self._receive("opened")
        except BaseException:
            self.close()
            raise

    def send(self, client: Client, query: Mapping[str, str], on_progress: Callable[[int, int], None]) -> Sent:
        """Send it to a server; `on_progress` is told how many runs and events are done."""
        self._connection.send((client.base_url, dict(query)))
        while True:
            tag, value = self._next()
            if tag != "progress":
                return value
            on_progress(*value)

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
        if tag == "failed":
            kind, text = value
            raise kind(text)
        return tag, value


def _run(connection: Connection, address: str, folder: str | None) -> None:
    """Be the process: whoever began it ends it by letting go of the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with closing(connection):
            try:
                _serve(connection, address, folder)
            except RunreelError as error:
                kind = next((each for each in (ConfigError, SourceError) if isinstance(error, each)), RunreelError)
                connection.send(("failed", (kind, str(error))))
    except (EOFError, OSError):
        return


def _serve(connection: Connection, address: str, folder: str | None) -> None:
    from runreel.importers.address import open_source
    from runreel.importers.conversion import open_conversion
    from runreel.importers.file_folder import FileFolder
    from runreel.importers.kind import kind_of
    from runreel.importers.ledger import Ledger

    files = None if folder is None else FileFolder(folder)
    with open_source(address) as source, closing(Ledger()) as ledger:
        with closing(open_conversion(source, ledger, folder=files)) as conversion:
            opened = (kind_of(source).value, source.title, conversion.n_runs, conversion.n_events)
            connection.send(("opened", opened))
            url, query = connection.recv()
            answer = _upload(connection, conversion, Client(url), query, name=source.title)
        connection.send(("sent", _reckon(source, ledger, answer, into=query.get("into"))))


def _upload(
    connection: Connection, conversion: Conversion, client: Client, query: Mapping[str, str], *, name: str
) -> JsonObject:
    from runreel.importers.stream import iter_bundle

    chunks = iter_bundle(
        conversion,
        made_at=format_instant(now()),
        name=name,
        on_progress=lambda n_runs, n_events: connection.send(("progress", (n_runs, n_events))),
    )
    return client.upload("api", "import", query=query, headers={"Content-Type": MEDIA_TYPE}, content=chunks)


def _reckon(source: Source, ledger: Ledger, answer: JsonObject, *, into: str | None) -> Sent:
    """Return what was counted, by what became of it."""
    if source.n_repaired_texts:
        ledger.repaired("texts that were no UTF-8 were made readable", None, source.n_repaired_texts)
    for run in objects_at(answer, "refused_runs"):
        ledger.refuse_run(text_at(run, "run_id") or "", text_at(run, "reason") or "")
    for more in objects_at(answer, "more_refused_runs"):
        for run_id in list_at(more, "run_ids"):
            ledger.refuse_run(str(run_id), text_at(more, "reason") or "")
    kept = object_of(answer.get("kept"))
    counts = None if kept is None else {kind: int(number_at(kept, kind)) for kind in STORED_KINDS}
    if into is not None:
        ledger.withdraw_sessions("all runs went into one session that was named")
    return Sent(answer=answer, tables=ledger.tables(), repairs=ledger.repairs(), kinds=ledger.kinds(counts))
