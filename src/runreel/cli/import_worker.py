"""What the process of an import does: `python -m runreel.cli.import_worker`, begun by `import_process`.

It ends with its input, or when nobody reads what it says.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import closing
from typing import IO, TYPE_CHECKING

from runreel.cli.answer import JsonObject, list_at, number_at, object_of, objects_at, text_at
from runreel.cli.client import Client
from runreel.cli.extra import needed_extra
from runreel.cli.import_process import Sent, put_message, take_message
from runreel.errors import ConfigError, RunreelError, SourceError
from runreel.model.import_report import STORED_KINDS
from runreel.model.instant import format_instant, now

if TYPE_CHECKING:
    from runreel.importers.ledger import Ledger
    from runreel.importers.source import Source
    from runreel.importers.stream import Conversion

MEDIA_TYPE = "application/x-ndjson"


def main() -> None:
    # Who interrupts the command at a terminal interrupts this as well; it ends with its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # It lives for one database, and nothing of which it makes many is a circle.
    gc.disable()
    # What anything else prints is no message.
    to = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        with to:
            try:
                _serve(sys.stdin.buffer, to)
            except RunreelError as error:
                kind = next((each for each in (ConfigError, SourceError) if isinstance(error, each)), RunreelError)
                put_message(to, ("failed", (kind, str(error))))
    except (EOFError, OSError):
        return


def _serve(of: IO[bytes], to: IO[bytes]) -> None:
    address, folder = take_message(of)
    with needed_extra("runreel import"):
        from runreel.importers.address import open_source
        from runreel.importers.conversion import open_conversion
        from runreel.importers.file_folder import FileFolder
        from runreel.importers.kind import kind_of
        from runreel.importers.ledger import Ledger

        files = None if folder is None else FileFolder(folder)
        opened_source = open_source(address)
    with opened_source as source, closing(Ledger()) as ledger:
        with closing(open_conversion(source, ledger, folder=files)) as conversion:
            opened = (kind_of(source).value, source.title, conversion.n_runs, conversion.n_events)
            put_message(to, ("opened", opened))
            url, query = take_message(of)
            answer = _upload(to, conversion, Client(url), query, name=source.title)
        put_message(to, ("sent", _reckon(source, ledger, answer, into=query.get("into"))))


def _upload(
    to: IO[bytes], conversion: Conversion, client: Client, query: Mapping[str, str], *, name: str
) -> JsonObject:
    from runreel.importers.stream import iter_bundle

    chunks = iter_bundle(
        conversion,
        made_at=format_instant(now()),
        name=name,
        on_progress=lambda n_runs, n_events: put_message(to, ("progress", (n_runs, n_events))),
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


if __name__ == "__main__":
    main()
