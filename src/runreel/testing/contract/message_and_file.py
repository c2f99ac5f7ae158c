"""Messages and files of a run."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError
from runreel.model.file import FileReference
from runreel.model.message import Message
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, NOW, make_event, make_file, make_message, make_run


class MessageAndFileContract(StoreContract):
    """Promises of `list_messages` and `list_files`."""

    def test_every_field_of_a_message_is_kept(self, store: Store, scope: Scope) -> None:
        fields: dict[str, object] = {
            "sender": "planner",
            "recipient": "writer",
            "content": {"text": ["hello", None]},
            "node_id": "step_1",
            "event_id": "e",
            "tokens": 7,
            "metadata": {"k": 1},
        }
        apply(store, scope, make_message(**fields))  # pyright: ignore[reportArgumentType]
        (message,) = store.events.list_messages(scope, "run-1", limit=10).items
        assert message == Message(message_id="message-1", sent_at=AT, **fields)  # pyright: ignore[reportArgumentType]

    def test_every_field_of_a_file_is_kept(self, store: Store, scope: Scope) -> None:
        fields: dict[str, object] = {
            "path": "out/å b.md",
            "file_type": "report",
            "media_type": "text/markdown",
            "size_bytes": 2**40,
            "content_hash": "abc",
            "node_id": "step_1",
            "event_id": "e",
            "agent_name": "writer",
            "workflow_phase": "final",
            "is_final_output": True,
            "metadata": {"k": 1},
        }
        apply(store, scope, make_file(**fields))  # pyright: ignore[reportArgumentType]
        (file,) = store.events.list_files(scope, "run-1", limit=10).items
        assert file == FileReference(file_id="file-1", created_at=AT, **fields)  # pyright: ignore[reportArgumentType]

    def test_messages_and_files_stand_by_time(self, store: Store, scope: Scope) -> None:
        for n, key in enumerate(("c", "a", "b")):
            apply(store, scope, make_message(key, at=AT + n), make_file(key, at=AT + n))
        assert [m.message_id for m in store.events.list_messages(scope, "run-1", limit=10).items] == ["c", "a", "b"]
        assert [f.file_id for f in store.events.list_files(scope, "run-1", limit=10).items] == ["c", "a", "b"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_paging_visits_each_once(self, store: Store, scope: Scope, limit: int) -> None:
        keys = [f"{n}" for n in range(7)]
        for n, key in enumerate(keys):
            apply(store, scope, make_message(key, at=AT + n // 3), make_file(key, at=AT + n // 3))
        messages = read_all(lambda cursor: store.events.list_messages(scope, "run-1", limit=limit, cursor=cursor))
        files = read_all(lambda cursor: store.events.list_files(scope, "run-1", limit=limit, cursor=cursor))
        assert [message.message_id for message in messages] == keys
        assert [file.file_id for file in files] == keys

    def test_a_node_lists_only_its_own(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_message("in", node_id="n"), make_message("out"), make_message("m", node_id="m"))
        apply(store, scope, make_file("in", node_id="n"), make_file("out"), make_event(node_id="empty"))
        messages = store.events.list_messages(scope, "run-1", node_id="n", limit=10).items
        files = store.events.list_files(scope, "run-1", node_id="n", limit=10).items
        assert [message.message_id for message in messages] == ["in"]
        assert [file.file_id for file in files] == ["in"]
        assert store.events.list_messages(scope, "run-1", node_id="empty", limit=10).items == ()

    def test_an_event_lists_only_its_own(self, store: Store, scope: Scope) -> None:
        for key, event_id in (("a", "e"), ("b", "f"), ("c", "e"), ("d", None)):
            apply(store, scope, make_message(key, event_id=event_id), make_file(key, event_id=event_id))
        messages = read_all(
            lambda cursor: store.events.list_messages(scope, "run-1", event_id="e", limit=1, cursor=cursor)
        )
        files = read_all(lambda cursor: store.events.list_files(scope, "run-1", event_id="e", limit=1, cursor=cursor))
        assert [message.message_id for message in messages] == ["a", "c"]
        assert [file.file_id for file in files] == ["a", "c"]
        assert store.events.list_messages(scope, "run-1", event_id="nothing", limit=10).items == ()

    @pytest.mark.parametrize("turned", [False, True])
    def test_of_two_records_the_later_counts(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [make_message(content="old", sender="a"), make_message(at=AT + 1, content="new")]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        (message,) = store.events.list_messages(scope, "run-1", limit=10).items
        assert (message.content, message.sender, message.sent_at) == ("new", "a", AT + 1)

    def test_what_names_no_time_stands_where_its_run_was_seen(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(at=0, started_at=None))
        apply(store, scope, make_message(at=0), make_file(at=0), now=NOW + 5)
        assert store.events.list_messages(scope, "run-1", limit=1).items[0].sent_at == NOW
        assert store.events.list_files(scope, "run-1", limit=1).items[0].created_at == NOW

    def test_a_missing_node_has_no_lists(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for node_id in ("nothing", "a\0b"):
            with pytest.raises(NotFoundError):
                store.events.list_messages(scope, "run-1", node_id=node_id, limit=10)
            with pytest.raises(NotFoundError):
                store.events.list_files(scope, "run-1", node_id=node_id, limit=10)
