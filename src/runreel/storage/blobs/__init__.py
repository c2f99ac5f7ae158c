"""Stores of bytes: a folder on disk, and a bucket that speaks S3."""

from runreel.storage.blobs.opening import open_blobs

__all__ = ["open_blobs"]
