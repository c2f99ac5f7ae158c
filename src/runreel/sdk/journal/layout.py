"""Where everything is in a segment: format 2, as docs/reference/journal.md has it.

Nothing here depends on where a kill struck: whatever was half written fails its checksum.
"""

from __future__ import annotations

import os
from struct import Struct
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mmap import mmap

FORMAT = 2
MAGIC = b"RUNREEL\x00"

# Of another format only these two are known: they stay where they are for ever.
_MAGIC_AND_FORMAT = Struct("<8sH")
_HEAD = Struct("<8sHHIId")
_CHECKSUM = Struct("<I")
_HEAD_OFFSETS = (0, 32)

_SLOT = Struct("<QI")
_OFFSET = Struct("<Q")
_SLOT_OFFSETS = (64, 80)

FIRST_FRAME = 128
# The mark, the length of the record, and its checksum: an Adler-32 that starts from the salt. It finds what kills and
# losses of power leave behind, and unlike a CRC it needs no tables, which would push the host's data out of the cache.
FRAME = Struct("<BII")
FRAME_BYTES = FRAME.size
# No text in UTF-8 has this byte, and no room that nobody used.
MARK = 0xFF
MAX_RECORD_BYTES = 2**31 - 1


# What both halves of the state of an Adler-32 may be, whoever goes on with it.
_SALT_BITS = 0x7FFF_7FFF


class Head:
    """What is settled when a segment comes into use."""

    __slots__ = ("opened_at", "salt", "sequence")

    def __init__(self, *, sequence: int, salt: int, opened_at: float) -> None:
        self.sequence = sequence
        self.salt = salt
        self.opened_at = opened_at


def draw_salt() -> int:
    """Return a number by which the frames of one journal are told from those of others."""
    return int.from_bytes(os.urandom(4), "little") & _SALT_BITS


def write_head(data: mmap | bytearray, head: Head) -> None:
    """Write both copies; a segment is in use from then on."""
    fields = _HEAD.pack(MAGIC, FORMAT, 0, head.sequence, head.salt, head.opened_at)
    copy = fields + _CHECKSUM.pack(crc32(fields))
    for offset in _HEAD_OFFSETS:
        data[offset : offset + len(copy)] = copy


def find_head(data: bytes) -> Head | None:
    """Return what the first sound copy says, or None where none is."""
    for offset in _HEAD_OFFSETS:
        copy = data[offset : offset + _HEAD.size + _CHECKSUM.size]
        if len(copy) < _HEAD.size + _CHECKSUM.size:
            continue
        fields = copy[: _HEAD.size]
        magic, version, _, sequence, salt, opened_at = _HEAD.unpack(fields)
        if magic == MAGIC and version == FORMAT and _CHECKSUM.unpack(copy[_HEAD.size :])[0] == crc32(fields):
            return Head(sequence=sequence, salt=salt, opened_at=opened_at)
    return None


def find_other_format(data: bytes) -> int | None:
    """Return the format of a segment that another version wrote; ask `find_head` first."""
    if len(data) < _MAGIC_AND_FORMAT.size:
        return None
    magic, version = _MAGIC_AND_FORMAT.unpack_from(data)
    return version if magic == MAGIC and version != FORMAT else None


def encode_slot(salt: int, offset: int) -> bytes:
    """Return what says that everything before this offset was acknowledged."""
    return _SLOT.pack(offset, crc32(_OFFSET.pack(offset), salt))


def slot_offset(n_written: int) -> int:
    """Return where the next slot is written: in turn, so that a torn one leaves the one before it."""
    return _SLOT_OFFSETS[n_written % 2]


def read_slots(data: bytes, salt: int) -> tuple[int, int]:
    """Return up to where a segment was acknowledged, and how many slots count as written, for `slot_offset`."""
    acknowledged, n_written = FIRST_FRAME, 0
    for index, place in enumerate(_SLOT_OFFSETS):
        if len(data) < place + _SLOT.size:
            continue
        offset, checksum = _SLOT.unpack_from(data, place)
        if checksum == crc32(_OFFSET.pack(offset), salt) and offset > acknowledged:
            acknowledged, n_written = offset, index + 1
    return acknowledged, n_written
