"""Messages and files of one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from runreel.importers.file_folder import FileFolder, FoundFile
from runreel.importers.ledger import Ledger
from runreel.importers.legacy.node_book import MAX_TASK_LENGTH
from runreel.importers.legacy.reference import References
from runreel.importers.legacy.tables import Reading
from runreel.importers.part import record_of, thing_of
from runreel.importers.source import Row
from runreel.importers.value import beside, clean, flag_of, instant_of, integer_of, meta_of, plain_of, text_of
from runreel.model.blob import parse_content_hash
from runreel.model.bundle import ThingPart
from runreel.model.name import is_record_id
from runreel.model.record import RecordKind
from runreel.wire.field import count_of
from runreel.wire.field import text_of as short_text_of

FOUND = "files were taken along with their bytes"
MISSING = "files stayed references: their bytes are not below the folder, or are others"


def _id_of(raw_id: Any, seen: set[str], ledger: Ledger, table: str) -> str | None:
    own_id = text_of(raw_id)
    if own_id is None or not is_record_id(own_id):
        ledger.left_out(table, "it has no usable id", own_id)
        return None
    if own_id in seen:
        ledger.left_out(table, "another row of the run has the same id", own_id)
        return None
    seen.add(own_id)
    return own_id


def iter_messages(rows: Iterable[Row], reading: Reading, references: References, ledger: Ledger) -> Iterator[ThingPart]:
    """Yield the messages."""
    seen: set[str] = set()
    for row in rows:
        _, raw_id, step, event, node, sender, recipient, content, timestamp, tokens, meta, *_ = row
        message_id = _id_of(raw_id, seen, ledger, "messages")
        if message_id is None:
            continue
        extra = reading.rest(row)
        sent_at = _time_of(timestamp, "timestamp", extra)
        fields: dict[str, object] = {
            "node_id": references.node(node, step, extra, message_id),
            "event_id": references.event(event, extra, message_id),
            "sender": _short(sender, "sender", extra),
            "recipient": _short(recipient, "recipient", extra),
            "content": clean(content) if type(content) is str else plain_of(content),
            "sent_at": references.at if sent_at is None else sent_at,
            "tokens": count_of(integer_of(tokens)),
        }
        fields["metadata"] = beside(meta_of(meta), extra)
        ledger.stored("messages")
        ledger.sent("messages")
        at = references.at if sent_at is None else sent_at
        yield thing_of([record_of(RecordKind.MESSAGE, message_id, at, fields)])


def iter_files(
    rows: Iterable[Row],
    reading: Reading,
    references: References,
    ledger: Ledger,
    *,
    run_id: str,
    folder: FileFolder | None,
    found: dict[str, FoundFile],
) -> Iterator[ThingPart]:
    """Yield the files; bytes of them that are below the folder go to `found`, each content once."""
    seen: set[str] = set()
    for row in rows:
        (
            _, raw_id, step, event, node, path, file_type, size, created, phase, is_final, content_hash, agent,
            code_hash, priority, meta, *_,
        ) = row  # fmt: skip
        file_id = _id_of(raw_id, seen, ledger, "files")
        if file_id is None:
            continue
        extra = reading.rest(row)
        created_at = _time_of(created, "created_at", extra)
        stated_hash = None if content_hash is None else text_of(content_hash)
        known_hash = parse_content_hash(stated_hash) if stated_hash else None
        if stated_hash and known_hash is None:
            extra["original_content_hash"] = stated_hash
        size_bytes = count_of(integer_of(size))
        path_text = text_of(path) or ""
        if folder is not None:
            one = folder.find(path_text, run_id=run_id, content_hash=known_hash, size_bytes=size_bytes)
            if one is None:
                ledger.repaired(MISSING, path_text)
            else:
                ledger.repaired(FOUND, path_text)
                known_hash, size_bytes = one.content_hash, one.size_bytes
                if one.content_hash in found:
                    one.close()
                else:
                    found[one.content_hash] = one
        for name, value in (("generating_code_hash", code_hash), ("priority", priority)):
            if value is not None:
                extra[name] = plain_of(value)
        if len(path_text) > MAX_TASK_LENGTH:
            extra["original_file_path"] = path_text
        fields: dict[str, object] = {
            "node_id": references.node(node, step, extra, file_id),
            "event_id": references.event(event, extra, file_id),
            "path": path_text.replace("\0", " ")[:MAX_TASK_LENGTH] or None,
            "file_type": _short(file_type, "file_type", extra),
            "content_hash": known_hash,
            "size_bytes": size_bytes,
            "created_at": references.at if created_at is None else created_at,
            "workflow_phase": _short(phase, "workflow_phase", extra),
            "is_final_output": flag_of(is_final),
            "agent_name": _short(agent, "generating_agent", extra),
        }
        fields["metadata"] = beside(meta_of(meta), extra)
        ledger.stored("files")
        ledger.sent("files")
        at = references.at if created_at is None else created_at
        yield thing_of([record_of(RecordKind.FILE, file_id, at, fields)])


def _short(value: Any, name: str, extra: dict[str, Any]) -> str | None:
    if value is None or value == "":
        return None
    text = short_text_of(text_of(value))
    if text != value:
        extra[f"original_{name}"] = plain_of(value)
    return text


def _time_of(value: Any, name: str, extra: dict[str, Any]) -> int | None:
    at = None if value is None else instant_of(value)
    if at is None and value is not None:
        extra[f"original_{name}"] = plain_of(value)
    return at
