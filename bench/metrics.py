"""Figures of periods at the API of a large SQLite database: how long the slowest twentieth of the answers take."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from bench.corpus import STARTED_AT
from bench.large_database import N_AGENTS, keep_large_database
from bench.read import measure_reading
from bench.report import Report, gate
from bench.scale import Scale
from bench.server import running_server

GATE = gate("<=", 50)


def run(scale: Scale) -> Iterable[Report]:
    with running_server(keep_large_database(scale)) as server, server.connect() as client:
        newest = client.get_json("/api/runs?limit=1")["runs"][0]
        ends_at = datetime.fromisoformat(newest["created_at"]).replace(tzinfo=None) + timedelta(hours=1)
        some, month = ({"since": since.isoformat(), "until": ends_at.isoformat()} for since in _beginnings(ends_at))
        agent = {"agent": newest["agent_name"]}
        questions = [
            ("summary of everything", "summary", {}, GATE),
            ("summary of the last day", "summary", some, GATE),
            ("summary of 30 days", "summary", month, GATE),
            ("summary of one agent", "summary", agent | month, GATE),
            ("timeline, 30 days", "timeline", month | {"tz": "Europe/Berlin"}, GATE),
            ("timeline, 30 days of one agent", "timeline", agent | month, GATE),
            ("timeline, 30 days of one tool", "timeline", month | {"tool": "calculator"}, GATE),
            ("timeline by hours, 30 days", "timeline", month | {"bucket": "hour"}, GATE),
            ("cost timeline, 30 days", "cost-timeline", month, GATE),
            ("tokens timeline, 30 days", "tokens-timeline", month, GATE),
            ("tools, 30 days", "tools", month, None),
            ("50 agents compared, everything", "agents-comparison", {}, None),
            ("50 agents compared, 30 days", "agents-comparison", month, None),
        ]
        measure = partial(measure_reading, scale.n_samples)
        figures = [
            figure
            for name, kind, parameters, bound in questions
            for figure in measure(
                name, partial(client.time_get_ms, f"/api/metrics/{kind}?{urlencode(parameters)}"), bound
            )
        ]
    title = f"Metrics of {scale.n_read_events:,} events of {N_AGENTS} agents on SQLite, one connection"
    yield Report(title=f"{title}, {scale.n_samples} samples", figures=figures)


def _beginnings(ends_at: datetime) -> tuple[datetime, datetime]:
    """Return where the last day and the last 30 days begin; all runs are within the latter."""
    beginnings = ends_at - timedelta(days=1), ends_at - timedelta(days=30)
    assert beginnings[1] < STARTED_AT
    return beginnings
