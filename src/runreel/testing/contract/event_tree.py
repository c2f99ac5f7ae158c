"""Trees of events: depth, descendants, orphans and cycles."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, make_event, make_run


class EventTreeContract(StoreContract):
    """Promises on depth and of `list_event_tree`."""

    @pytest.mark.parametrize("limit", [1, 2, 100])
    def test_depth_counts_from_the_root(self, store: Store, scope: Scope, limit: int) -> None:
        apply(
            store,
            scope,
            make_event("leaf", at=AT, parent_event_id="child"),
            make_event("child", at=AT + 1, parent_event_id="root"),
            make_event("root", at=AT + 2),
        )
        assert _depths(store, scope, limit) == {"root": 0, "child": 1, "leaf": 2}

    def test_an_orphan_hangs_under_the_run_until_its_parent_comes(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("orphan", parent_event_id="late"), make_event("leaf", parent_event_id="orphan"))
        assert _depths(store, scope) == {"orphan": 0, "leaf": 1}
        apply(store, scope, make_event("late"))
        assert _depths(store, scope) == {"late": 0, "orphan": 1, "leaf": 2}

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_a_cycle_of_parents_is_cut_at_one_place_on_every_page(self, store: Store, scope: Scope, limit: int) -> None:
        parents = {"b": "a", "c": "b", "a": "c", "leaf": "c", "self": "self"}
        apply(
            store,
            scope,
            *(make_event(each, at=AT + n, parent_event_id=parent) for n, (each, parent) in enumerate(parents.items())),
        )
        depths = _depths(store, scope, limit)
        assert depths == _depths(store, scope, 50)
        assert sorted(depths[each] for each in "abc") == [0, 1, 2]
        assert depths["leaf"] == depths["c"] + 1
        assert depths["self"] == 0

    def test_an_event_alone_knows_its_depth(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("root"), make_event("child", parent_event_id="root"))
        assert store.events.get_event(scope, "run-1", "child").event.depth == 1

    @pytest.mark.parametrize("limit", [1, 100])
    def test_a_very_deep_tree_is_measured(self, store: Store, scope: Scope, limit: int) -> None:
        depth = 1_200
        chain = [make_event(f"{n}", at=AT - n, parent_event_id=f"{n - 1}" if n else None) for n in range(depth)]
        apply(store, scope, *chain)
        page = store.events.list_events(scope, "run-1", limit=limit)
        assert page.items[0].depth == depth - 1

    def test_a_tree_is_listed_level_by_level(self, store: Store, scope: Scope) -> None:
        parents = {"root": None, "b": "root", "a": "root", "b1": "b", "a1": "a", "a2": "a", "other": None}
        apply(store, scope, *(make_event(each, parent_event_id=parent) for each, parent in parents.items()))
        tree = store.events.list_event_tree(scope, "run-1", "root", limit=100)
        assert [(full.event.event_id, full.event.depth) for full in tree] == [
            ("root", 0),
            ("a", 1),
            ("b", 1),
            ("a1", 2),
            ("a2", 2),
            ("b1", 2),
        ]

    def test_depth_in_a_tree_counts_from_its_event(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("root"), make_event("a", parent_event_id="root", inputs="i"))
        apply(store, scope, make_event("b", parent_event_id="a"))
        tree = store.events.list_event_tree(scope, "run-1", "a", limit=100)
        assert [(full.event.event_id, full.event.depth) for full in tree] == [("a", 0), ("b", 1)]
        assert tree[0].payload.inputs == "i"

    @pytest.mark.parametrize("limit", [1, 2, 3, 4])
    def test_a_tree_is_cut_at_the_limit(self, store: Store, scope: Scope, limit: int) -> None:
        apply(store, scope, make_event("0"), *(make_event(f"{n}", parent_event_id="0") for n in range(1, 9)))
        tree = store.events.list_event_tree(scope, "run-1", "0", limit=limit)
        assert [full.event.event_id for full in tree] == [f"{n}" for n in range(limit)]

    def test_the_children_of_a_wide_level_stay_in_their_order(self, store: Store, scope: Scope) -> None:
        level = [make_event(f"p{n:04}", at=AT + n, parent_event_id="root") for n in range(1_100)]
        leaves = [make_event(f"c{n:04}", at=AT - n, parent_event_id=f"p{n:04}") for n in range(1_100)]
        apply(store, scope, make_event("root"), *level, *leaves)
        tree = store.events.list_event_tree(scope, "run-1", "root", limit=5_000)
        assert len(tree) == 2_201
        last = [full.event.started_at for full in tree if full.event.depth == 2]
        assert last == sorted(last)

    @pytest.mark.parametrize("limit", [3, 4, 100])
    def test_a_tree_with_a_cycle_shows_each_event_once(self, store: Store, scope: Scope, limit: int) -> None:
        apply(store, scope, *(make_event(f"{n}", parent_event_id=f"{(n - 1) % 3}") for n in range(3)))
        apply(store, scope, make_event("3", parent_event_id="2"))
        tree = store.events.list_event_tree(scope, "run-1", "0", limit=limit)
        listed = [full.event.event_id for full in tree]
        assert listed == ["0", "1", "2", "3"][:limit]

    def test_the_tree_of_a_missing_event_is_not_found(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for event_id in ("nothing", "a\0b"):
            with pytest.raises(NotFoundError):
                store.events.list_event_tree(scope, "run-1", event_id, limit=10)


def _depths(store: Store, scope: Scope, limit: int = 50) -> dict[str, int]:
    listed = read_all(lambda cursor: store.events.list_events(scope, "run-1", limit=limit, cursor=cursor))
    return {event.event_id: -1 if event.depth is None else event.depth for event in listed}
