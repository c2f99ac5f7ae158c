"""Every exception of the demo.

DemoError
├── StoppedError
├── StepFailedError
├── CodeFailedError
├── ScriptError
└── ModelError
    └── ModelBusyError
"""

from __future__ import annotations

from concurrent.futures import CancelledError


class DemoError(Exception):
    """Base of every error of the demo."""


class StoppedError(DemoError, CancelledError):
    """The demo was told to end; what is going on counts as cancelled, not as failed."""


class StepFailedError(DemoError):
    """A step could not be done; the text is the agent's reason."""


class CodeFailedError(DemoError):
    """Python code ended with an error; the text is what it wrote about it, `result` all there is to say."""

    def __init__(self, text: str, result: dict[str, object]) -> None:
        super().__init__(text)
        self.result = result


class ScriptError(DemoError):
    """The script has no answer to a conversation."""


class ModelError(DemoError):
    """The model refused to answer."""


class ModelBusyError(ModelError):
    """The model could not answer now; asking again may help."""
