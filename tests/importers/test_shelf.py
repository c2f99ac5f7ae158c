"""Texts of a run are kept in memory or on disk, and are the same again."""

from __future__ import annotations

from contextlib import closing

from runreel.importers.shelf import Shelf, Shelved, raw_of, value_of


def test_texts_beyond_the_bound_are_on_disk_and_come_back_as_they_were() -> None:
    texts = [b'"%d %s"' % (number, b"x" * 200) for number in range(20)]
    with closing(Shelf(max_bytes=1_000)) as shelf:
        kept = [shelf.put(texts[0])]
        for text in texts[1:]:
            kept.append(shelf.put(text))
            assert raw_of(kept[0]) == texts[0]

        assert [raw_of(each) for each in kept] == texts
        assert sum(isinstance(each, Shelved) for each in kept) == 16
        assert value_of(kept[-1]) == "19 " + "x" * 200


def test_short_texts_stay_in_memory() -> None:
    with closing(Shelf(max_bytes=0)) as shelf:
        assert shelf.put(b"{}") == b"{}"
