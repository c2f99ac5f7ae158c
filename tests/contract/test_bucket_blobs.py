"""The contract of stores of bytes, on a bucket that speaks S3.

`RUNREEL_TEST_S3` names a bucket of another server, such as `s3://bucket/tests`; the library's usual variables then say
where it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from runreel.errors import ConfigError, StorageUnavailableError
from runreel.model.scope import Scope
from runreel.storage.blobs import open_blobs
from runreel.storage.port import BlobStore
from runreel.testing.contract import BlobStoreContract
from runreel.testing.contract.blob_store import CONTENT, NOTHING, put_bytes
from tests.support.s3 import Bucket, open_bucket, running_s3

SCOPE = Scope()


@pytest.fixture(scope="module")
def shared_bucket() -> Iterator[Bucket]:
    with running_s3() as bucket:
        yield bucket


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with running_s3() as bucket:
        yield bucket


class TestBucketBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self, shared_bucket: Bucket) -> BlobStore:
        elsewhere = os.environ.get("RUNREEL_TEST_S3")
        return open_blobs(elsewhere) if elsewhere else open_bucket(shared_bucket, "s3://bucket/a/prefix")


def test_they_lie_below_the_prefix_as_in_a_folder(bucket: Bucket) -> None:
    content_hash = put_bytes(open_bucket(bucket, "s3://bucket/a/prefix"), SCOPE, [CONTENT])
    digest = content_hash.removeprefix("sha256:")
    (key,) = bucket.objects
    assert key.split("/")[:2] == ["a", "prefix"]
    assert key.split("/")[3:] == [digest[:2], digest[2:4], digest]


def test_a_prefix_is_not_needed(bucket: Bucket) -> None:
    blobs = open_bucket(bucket)
    content_hash = put_bytes(blobs, SCOPE, [CONTENT])
    assert list(blobs.iter_hashes(SCOPE)) == [content_hash]


def test_what_is_dropped_leaves_nothing(bucket: Bucket) -> None:
    writer = open_bucket(bucket).begin(SCOPE)
    writer.write(CONTENT)
    writer.close()
    assert (bucket.objects, bucket.parts) == ({}, {})


def test_a_bucket_that_refuses_says_so_without_its_address(bucket: Bucket) -> None:
    blobs = open_bucket(bucket)
    content_hash = put_bytes(blobs, SCOPE, [CONTENT])
    bucket.is_failing = True
    for call in (
        lambda: put_bytes(blobs, SCOPE, [CONTENT]),
        lambda: blobs.read(SCOPE, content_hash),
        lambda: blobs.get_size(SCOPE, NOTHING),
        lambda: blobs.delete(SCOPE, content_hash),
        lambda: list(blobs.iter_hashes(SCOPE)),
    ):
        with pytest.raises(StorageUnavailableError, match="bucket of blobs") as caught:
            call()
        assert bucket.url not in str(caught.value)


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix"])
def test_a_url_without_a_bucket_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="BUCKET"):
        open_blobs(url)
