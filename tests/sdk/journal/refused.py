"""A program whose files may not grow: `python -m tests.sdk.journal.refused <root>`."""

from __future__ import annotations

import resource
import sys

from tests.sdk.journal.example import KIB, MIB, drain, make_journal


def main(root: str) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * KIB, most))
    journal = make_journal(root, max_bytes=MIB, segment_bytes=64 * KIB)
    is_kept = journal.append(b"before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    journal.prepare_next_segment()
    print(is_kept, journal.append(b"after"), drain(journal))
    journal.close()


if __name__ == "__main__":
    main(sys.argv[1])
