"""The demo's model, served without waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runreel.demo import scripted_model
from runreel.demo.scenes import SCRIPT


@pytest.fixture
def model_url() -> Iterator[str]:
    with scripted_model.serving(SCRIPT, wait=lambda _: None) as url:
        yield url
