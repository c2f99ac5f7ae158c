"""Stores of bytes: a folder on disk, and a bucket that speaks S3."""

from runreel.storage.blobs.opening import find_folder, open_blobs

__all__ = ["find_folder", "open_blobs"]
