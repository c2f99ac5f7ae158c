"""What is damaged costs the records that are hit, and no other."""

from __future__ import annotations

import shutil
from pathlib import Path
from zlib import adler32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runreel.sdk.journal.adopted import AdoptedJournal, adopt
from runreel.sdk.journal.folder import find_journals
from runreel.sdk.journal.layout import FIRST_FRAME, FRAME_BYTES
from tests.sdk.journal.example import MIB, OpenJournal, drain, left_in, make_journal, names_in

RECORDS = [b'{"number":%d,"text":"%s"}' % (n, b"t" * (n * 13 % 90)) for n in range(40)]


class Example:
    """A journal of one segment that was left behind, and where its records are."""

    def __init__(
        self, root: Path, *, records: list[bytes] = RECORDS, n_acknowledged: int = 0, segment_bytes: int = 8192
    ) -> None:
        journal = make_journal(str(root), max_bytes=MIB, segment_bytes=segment_bytes)
        for record in records:
            assert journal.append(record)
        for _ in range(n_acknowledged):
            journal.acknowledge(journal.read(MIB, 1).position)
        self.folder = Path(journal.folder)
        (self.file,) = (each for each in self.folder.glob("*.segment"))
        self.content = self.file.read_bytes()
        journal.close()
        self.records = records
        self.extents: list[range] = []
        start = FIRST_FRAME
        for record in records:
            self.extents.append(range(start, start + FRAME_BYTES + len(record)))
            start = self.extents[-1].stop

    def untouched(self, offsets: set[int]) -> list[bytes]:
        """Return the records of which none of these bytes is a part."""
        return [each for each, at in zip(self.records, self.extents, strict=True) if not offsets.intersection(at)]

    def with_content(self, content: bytes) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)  # a journal in which nothing was found is removed
        self.file.write_bytes(content)
        return str(self.folder)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return Example(tmp_path_factory.mktemp("damaged"))


def test_every_single_byte_may_be_flipped(example: Example) -> None:
    for offset in range(example.extents[5].stop):
        content = bytearray(example.content)
        content[offset] ^= 0xFF
        left = left_in(example.with_content(bytes(content)))
        hit = [each for each in example.records if each not in left]
        assert hit in ([], [each for each in example.records if each not in example.untouched({offset})]), offset


@given(damage=st.dictionaries(st.integers(0, 8191), st.integers(1, 255), min_size=1, max_size=30))
def test_any_bytes_may_be_changed(example: Example, damage: dict[int, int]) -> None:
    content = bytearray(example.content)
    for offset, difference in damage.items():
        content[offset] ^= difference
    in_frames = {offset for offset in damage if offset >= FIRST_FRAME}
    left = left_in(example.with_content(bytes(content)))
    if any(offset < 64 for offset in damage):
        assert left == [] or set(left) >= set(example.untouched(in_frames))
    else:
        assert [each for each in left if each in example.untouched(in_frames)] == example.untouched(in_frames)
    # As far as a checksum of 32 bits can tell.
    assert {adler32(each) for each in left} <= {adler32(each) for each in example.records}


@given(length=st.integers(FIRST_FRAME, 8192))
def test_file_may_be_cut_anywhere(example: Example, length: int) -> None:
    whole = [each for each, at in zip(example.records, example.extents, strict=True) if at.stop <= length]
    assert left_in(example.with_content(example.content[:length])) == whole


def test_flipped_place_of_acknowledgement_loses_nothing_and_takes_back_one(tmp_path: Path) -> None:
    example = Example(tmp_path / "journals", n_acknowledged=10)
    for offset in range(64, FIRST_FRAME):
        content = bytearray(example.content)
        content[offset] ^= 0xFF
        left = left_in(example.with_content(bytes(content)))
        assert left in (RECORDS[10:], RECORDS[9:])


def test_damage_is_counted(example: Example) -> None:
    content = bytearray(example.content)
    for extent in (example.extents[3], example.extents[7]):
        content[extent.start + 20] ^= 0xFF
    adopted = adopt(example.with_content(bytes(content)))
    assert adopted is not None
    assert adopted.read(MIB, 1000).n_damaged == 2
    adopted.close(delete_if_empty=False)


def test_record_that_holds_a_journal_is_not_mistaken_for_one(tmp_path: Path, example: Example) -> None:
    outer = Example(tmp_path / "journals", records=[b"even" + example.content, b"next"], segment_bytes=65_536)
    content = bytearray(outer.content)
    content[outer.extents[0].start] ^= 0xFF
    assert left_in(outer.with_content(bytes(content))) == [b"next"]


@pytest.mark.parametrize("content", [b"not ours", b"x" * 10_000, b"RUNREEL\0"], ids=["short", "long", "magic alone"])
def test_foreign_file_is_left_alone_and_said(tmp_path: Path, content: bytes) -> None:
    example = Example(tmp_path / "journals")
    (example.folder / "00000009.segment").write_bytes(content)
    adopted = _adopt(example)
    assert drain(adopted) == RECORDS
    assert adopted.problems == ["00000009.segment: not a segment, or its head is damaged"]
    adopted.close()
    assert names_in(str(example.folder)) == ["00000009.segment", "journal.json", "lock"]
    assert (example.folder / "00000009.segment").read_bytes() == content


def test_segment_of_another_format_is_left_alone_and_said(tmp_path: Path) -> None:
    example = Example(tmp_path / "journals")
    other = b"RUNREEL\0" + b"\x03\x00" + b"?" * 500
    (example.folder / "00000002.segment").write_bytes(other)
    adopted = _adopt(example)
    said = "00000002.segment: written by another version of Runreel (format 3; this one reads 2)"
    assert adopted.problems == [said]
    assert drain(adopted) == RECORDS
    adopted.close()
    (found,) = find_journals(str(tmp_path / "journals"))
    assert (found.problem, found.n_records) == (said, 0)
    assert (example.folder / "00000002.segment").read_bytes() == other


def test_journal_of_another_format_is_left_alone_and_said(tmp_path: Path) -> None:
    example = Example(tmp_path / "journals")
    (example.folder / "journal.json").write_text('{"format": 3}')
    assert adopt(str(example.folder)) is None
    (found,) = find_journals(str(tmp_path / "journals"))
    assert found.problem == "written by another version of Runreel (format 3; this one reads 2)"
    (example.folder / "journal.json").write_text('{"format": 2}')
    assert left_in(str(example.folder)) == RECORDS


@pytest.mark.parametrize("description", [None, "", "[]", '{"format": "x", "url": 1, "pid": "y", "started_at": null}'])
def test_damaged_description_costs_nothing(tmp_path: Path, description: str | None) -> None:
    example = Example(tmp_path / "journals")
    (example.folder / "journal.json").unlink()
    if description is not None:
        (example.folder / "journal.json").write_text(description)
    (found,) = find_journals(str(tmp_path / "journals"))
    assert (found.n_records, found.url, found.pid) == (len(RECORDS), None, None)
    assert left_in(found.folder) == RECORDS


def test_segment_that_is_gone_costs_its_own_records(open_journal: OpenJournal, tmp_path: Path) -> None:
    journal = open_journal()
    records = [b"%05d" % n + b"x" * 500 for n in range(100)]
    for record in records:
        journal.append(record)
    files = sorted(Path(journal.folder).glob("*.segment"))
    copy = shutil.copytree(journal.folder, tmp_path / "copy")
    (copy / files[2].name).unlink()
    left = left_in(str(copy))
    assert left == [each for each in records if each in left]
    assert len(records) - len(left) == 15

    journal.prepare_next_segment()
    files[2].unlink()
    assert drain(journal) == left
    assert journal.append(b"and on")
    assert drain(journal) == [b"and on"]


def _adopt(example: Example) -> AdoptedJournal:
    adopted = adopt(str(example.folder))
    assert adopted is not None
    return adopted


def test_what_was_never_finished_hides_nothing_from_the_count(example: Example) -> None:
    """A kill or an interruption leaves room without a frame."""
    content = bytearray(example.content)
    unfinished = example.extents[7]
    content[unfinished.start : unfinished.start + FRAME_BYTES] = bytes(FRAME_BYTES)
    folder = Path(example.with_content(bytes(content)))
    (found,) = find_journals(str(folder.parent.parent))
    assert found.n_records == len(RECORDS) - 1
    journal = adopt(str(folder))
    assert journal is not None
    assert journal.n_records_waiting == len(RECORDS) - 1
    journal.close(delete_if_empty=False)
