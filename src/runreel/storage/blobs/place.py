"""Where the bytes of a project lie: the same below a folder and in a bucket, so that one can be copied to the other."""

from __future__ import annotations

from hashlib import blake2b

from runreel.errors import NotFoundError
from runreel.model.blob import digest_of, format_content_hash
from runreel.model.scope import Scope

_PROJECT_BYTES = 16


def folder_of(scope: Scope) -> str:
    """Return the folder of a project; its name is hashed, since it may be anything."""
    return blake2b(scope.project.encode("utf-8", "surrogatepass"), digest_size=_PROJECT_BYTES).hexdigest()


def place_of(scope: Scope, content_hash: str) -> str:
    """Return the place of some bytes, made of hexadecimal digits and slashes alone.

    Raises:
        NotFoundError: it is no content hash, so nothing is kept under it.
    """
    digest = digest_of(content_hash)
    if digest is None:
        raise missing(content_hash)
    return f"{folder_of(scope)}/{digest[:2]}/{digest[2:4]}/{digest}"


def content_hash_at(place: str) -> str | None:
    """Return the content hash of a place, or None where it is another's file."""
    content_hash = format_content_hash(place.rpartition("/")[2])
    return content_hash if digest_of(content_hash) is not None else None


def missing(content_hash: str) -> NotFoundError:
    """Return the error for bytes that are not kept."""
    return NotFoundError(f"there are no bytes with the content hash {content_hash[:80]!r}")
