"""As much of protobuf as it takes to find the ids of the spans in an OTLP export."""

from __future__ import annotations

from collections.abc import Iterator

_RESOURCE_SPANS, _SCOPE_SPANS, _SPANS, _SPAN_ID = 1, 2, 2, 2


def iter_span_ids(request: bytes) -> Iterator[str]:
    """Give the ids of the spans of an `ExportTraceServiceRequest`."""
    for resource_spans in _iter_fields(request, _RESOURCE_SPANS):
        for scope_spans in _iter_fields(resource_spans, _SCOPE_SPANS):
            for span in _iter_fields(scope_spans, _SPANS):
                yield from (span_id.hex() for span_id in _iter_fields(span, _SPAN_ID))


def _iter_fields(message: bytes, wanted: int) -> Iterator[bytes]:
    place = 0
    while place < len(message):
        key, place = _read_varint(message, place)
        match key & 7:
            case 0:
                _, place = _read_varint(message, place)
            case 1:
                place += 8
            case 2:
                size, place = _read_varint(message, place)
                if key >> 3 == wanted:
                    yield message[place : place + size]
                place += size
            case 5:
                place += 4
            case kind:
                raise ValueError(f"wire type {kind} at byte {place} of a message")


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
