"""Figures in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from runreel import __version__
from runreel.model.store_size import StoreSize
from runreel.server.telemetry import Distribution, Telemetry

if TYPE_CHECKING:
    from prometheus_client.core import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What is read when it is asked for; None where it is not known."""

    size: StoreSize | None
    queue_bytes: int
    queue_bodies: int
    queue_capacity_bytes: int
    n_streams: int
    free_bytes: int | None


def write_text(telemetry: Telemetry, readings: Readings) -> tuple[bytes, str]:
    """Return the figures as text, and its media type."""
    # A server that nobody watches starts without loading the library.
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest  # noqa: PLC0415
    from prometheus_client.exposition import CONTENT_TYPE_LATEST  # noqa: PLC0415

    class Figures:
        def collect(self) -> Iterator[Metric]:
            yield from _counters(telemetry)
            yield from _gauges(readings)
            yield _histogram("commit_seconds", "Time of a transaction that writes records", telemetry.commit_seconds)
            yield _histogram("commit_bodies", "Bodies that were committed together", telemetry.commit_bodies)

    registry = CollectorRegistry()
    registry.register(Figures())
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _counters(telemetry: Telemetry) -> Iterator[Metric]:
    bodies = {(dialect, outcome): count for (dialect, outcome), count in sorted(telemetry.bodies.items())}
    yield _counter("ingest_bodies", "Bodies of records by what became of them", ("dialect", "outcome"), bodies)
    for name, text, counts in (
        ("ingest_bytes", "Bytes of bodies, as they were sent", telemetry.body_bytes),
        ("ingest_records", "Records in the bodies that were taken", telemetry.records),
        ("ingest_records_refused", "Records of taken bodies that were refused", telemetry.refused),
        ("ingest_warnings", "Records that were kept with a repair", telemetry.warnings),
    ):
        yield _counter(name, text, ("dialect",), {(dialect,): count for dialect, count in sorted(counts.items())})


def _gauges(readings: Readings) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    build = GaugeMetricFamily("runreel_build_info", "The running version", labels=["version"])
    build.add_metric([__version__], 1)
    yield build
    size = readings.size
    for name, text, value in (
        ("queue_bytes", "Bytes of bodies that wait to be written", readings.queue_bytes),
        ("queue_bodies", "Bodies that wait to be written", readings.queue_bodies),
        ("queue_capacity_bytes", "Bytes of bodies that may wait", readings.queue_capacity_bytes),
        ("streams_open", "Live streams that are being read", readings.n_streams),
        ("store_up", "Whether the database answered", int(size is not None)),
        ("disk_free_bytes", "Free room on the disk of the data", readings.free_bytes),
        ("runs", "Runs that are kept", size and size.n_runs),
        ("events", "Events that are kept", size and size.n_events),
        ("database_bytes", "Size of the database", size and size.database_bytes),
        ("database_log_bytes", "Size of the log beside the database", size and size.log_bytes),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"runreel_{name}", text, value=value)


def _counter(name: str, text: str, labels: tuple[str, ...], counts: Mapping[tuple[str, ...], int]) -> Metric:
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415

    family = CounterMetricFamily(f"runreel_{name}", text, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def _histogram(name: str, text: str, distribution: Distribution) -> Metric:
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415

    bounds = [*(f"{float(bound)}" for bound in distribution.bounds), "+Inf"]
    buckets = list(zip(bounds, accumulate(distribution.counts), strict=True))
    return HistogramMetricFamily(f"runreel_{name}", text, buckets=buckets, sum_value=distribution.total)
