"""Opening the store of bytes that a setting names."""

from __future__ import annotations

from pathlib import Path

from runreel.errors import ConfigError
from runreel.storage.blobs.folder import FolderBlobStore
from runreel.storage.port import BlobStore

_BUCKET_SCHEME = "s3://"


def open_blobs(place: str) -> BlobStore:
    """Open the store at a place: a folder, or `s3://BUCKET/PREFIX`; nothing is read or made there yet.

    Raises:
        ConfigError: the place can't be used, or its library is missing.
    """
    if place.startswith(_BUCKET_SCHEME):
        try:
            # The extra may be missing, and it takes a while to load.
            from runreel.storage.blobs.bucket import BucketBlobStore  # noqa: PLC0415
        except ImportError:
            raise ConfigError("blobs in a bucket need a library; install it with: pip install 'runreel[s3]'") from None
        return BucketBlobStore(place)
    return FolderBlobStore(_folder_at(place))


def find_folder(place: str) -> Path | None:
    """Return the folder that a place is, or None where it is a bucket."""
    return None if place.startswith(_BUCKET_SCHEME) else _folder_at(place)


def _folder_at(place: str) -> Path:
    if "://" in place:
        raise ConfigError(f"blobs can't be kept at {place!r}; give a folder, or s3://BUCKET/PREFIX")
    return Path(place).expanduser()
