"""The recorders that are compared, each in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.corpus import OUT

CALLER = Path(__file__).with_name("caller.py")
SOURCE = Path(__file__).parents[2] / "src"
RUNREEL = "runreel"
RUN_LIMIT_S = 3_600
# What each is called by on PyPI; the newest versions, which the report names.
PEERS = {
    "opentelemetry-sdk": ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
    "langfuse": ("langfuse",),
    "mlflow": ("mlflow",),
}
_MODULES = {
    RUNREEL: "runreel",
    "opentelemetry-sdk": "opentelemetry.sdk.trace.export, opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "langfuse": "langfuse",
    "mlflow": "mlflow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """A recorder that programs of its environment can use."""

    name: str
    version: str
    python: Path
    environment: dict[str, str]

    @property
    def modules(self) -> str:
        """What an `import` statement of a program that records names."""
        return _MODULES[self.name]

    def start(self, task: str, url: str, *, output: int = subprocess.PIPE, **options: object) -> subprocess.Popen[str]:
        """Start the caller; its result is one JSON object on its output. `stay` ends with its input."""
        return subprocess.Popen(
            [str(self.python), "-P", str(CALLER), self.name, task, url, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            text=True,
            env=self.environment,
        )

    def run(self, task: str, url: str, **options: object) -> dict[str, Any]:
        """Run the caller until it ends."""
        result = self.run_at_most(RUN_LIMIT_S, task, url, **options)
        if result is None:
            raise RuntimeError(f"{task} with {self.name} had not ended after {RUN_LIMIT_S} s")
        return result

    def run_at_most(self, limit_s: float, task: str, url: str, **options: object) -> dict[str, Any] | None:
        """Run the caller, and kill it if it doesn't end in time: None."""
        process = self.start(task, url, **options)
        try:
            output, complaints = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        if process.returncode != 0:
            raise RuntimeError(f"{task} with {self.name} ended with {process.returncode}: {complaints[-2000:]}")
        return json.loads(output.splitlines()[-1])

    def evaluate(self, program: str) -> str:
        """Run a line of Python in the environment, and return what it prints."""
        command = [str(self.python), "-P", "-c", program]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=self.environment).stdout.strip()


def open_runreel(journal: Path) -> Recorder:
    """Return this source tree's own recorder, with a journal apart from everybody's."""
    environment = _clean_environment() | {"PYTHONPATH": str(SOURCE), "RUNREEL_JOURNAL": str(journal)}
    return _recorder(RUNREEL, Path(sys.executable), environment)


def open_peers(names: Sequence[str] = tuple(PEERS)) -> list[Recorder]:
    """Return the other recorders; what isn't installed yet is (once, some minutes and a gigabyte)."""
    return [_recorder(name, _keep_environment(name), _clean_environment()) for name in names]


def _recorder(name: str, python: Path, environment: dict[str, str]) -> Recorder:
    recorder = Recorder(name=name, version="", python=python, environment=environment)
    version = recorder.evaluate(f"import importlib.metadata as found; print(found.version({name!r}))")
    return Recorder(name=name, version=version, python=python, environment=environment)


def _keep_environment(name: str) -> Path:
    """Return the Python of a peer's environment, which an earlier call may have made."""
    folder = OUT / "venvs" / name
    python = folder / "bin" / "python"
    stamp = folder / "complete"
    if not stamp.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *PEERS[name]], check=True
        )
        stamp.touch()
    return python


def _clean_environment() -> dict[str, str]:
    # Settings of the caller's own recorders would change what is measured.
    ours = ("RUNREEL_", "OTEL_", "LANGFUSE_", "MLFLOW_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
