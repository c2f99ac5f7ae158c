"""The contract of stores: one test for each promise of `runreel.storage.port`, run against every backend."""

from runreel.testing.contract.approval import ApprovalStoreContract
from runreel.testing.contract.blob_store import BlobStoreContract
from runreel.testing.contract.bundle_store import BundleStoreContract
from runreel.testing.contract.change_store import ChangeStoreContract
from runreel.testing.contract.event_store import EventStoreContract
from runreel.testing.contract.file_store import FileStoreContract
from runreel.testing.contract.import_store import ImportStoreContract
from runreel.testing.contract.metrics import MetricStoreContract
from runreel.testing.contract.price import PriceStoreContract
from runreel.testing.contract.run_store import RunStoreContract
from runreel.testing.contract.span import SpanStoreContract

__all__ = [
    "ApprovalStoreContract",
    "BlobStoreContract",
    "BundleStoreContract",
    "ChangeStoreContract",
    "EventStoreContract",
    "FileStoreContract",
    "ImportStoreContract",
    "MetricStoreContract",
    "PriceStoreContract",
    "RunStoreContract",
    "SpanStoreContract",
]
