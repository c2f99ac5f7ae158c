"""Every exception of Runreel.

RunreelError
├── ApprovalClosedError
├── ConfigError
├── DecodeError
│   ├── TooLargeError
│   └── UnsupportedEncodingError
├── InvalidAnswerError
├── InvalidNameError
├── InvalidPlanError
├── InvalidPriceError
├── InvalidQueryError
│   └── UnsatisfiableRangeError
├── InvalidTransitionError
├── NotFoundError
│   └── RenamedError
├── NameTakenError
├── QueueFullError
├── RequestRefusedError
├── StreamLimitError
├── ServerEndingError
├── SourceError
└── StorageError
    ├── StorageFullError
    ├── StorageUnavailableError
    └── SchemaVersionError
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from runreel.model.approval import Approval


class RunreelError(Exception):
    """Base of every error that Runreel raises; its text is a sentence for people."""


class ApprovalClosedError(RunreelError):
    """An approval can't be answered any more; `approval` is what became of it."""

    def __init__(self, message: str, *, approval: Approval) -> None:
        super().__init__(message)
        self.approval = approval


class ConfigError(RunreelError):
    """A setting can't be used."""


class DecodeError(RunreelError):
    """Bytes from the wire can't be read as what they claim to be."""


class TooLargeError(DecodeError):
    """A body or a record is over its documented limit."""


class UnsupportedEncodingError(DecodeError):
    """A body is compressed in a way that is not spoken here."""


class InvalidAnswerError(RunreelError):
    """An approval was answered with what is none of its options."""


class InvalidNameError(RunreelError):
    """A name that a person chose breaks the rules of names."""


class InvalidPlanError(RunreelError):
    """A plan has nodes or edges that can't be taken; `problems` has a sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the plan can't be taken: " + "; ".join(self.problems))


class InvalidPriceError(RunreelError):
    """A price of a model can't be used as it was given."""


class InvalidQueryError(RunreelError):
    """A question can't be answered as it was asked."""


class InvalidTransitionError(RunreelError):
    """A run, or a node of it, can't go from its present status to the wanted one."""

    def __init__(
        self,
        message: str,
        *,
        allowed_statuses: tuple[str, ...],
        run_status: str | None = None,
        node_status: str | None = None,
    ) -> None:
        super().__init__(message)
        self.run_status = run_status
        self.node_status = node_status
        self.allowed_statuses = allowed_statuses


class UnsatisfiableRangeError(InvalidQueryError):
    """The asked part of some bytes lies behind their end."""

    def __init__(self, message: str, *, size_bytes: int) -> None:
        super().__init__(message)
        self.size_bytes = size_bytes


class NotFoundError(RunreelError):
    """Something named by its identity does not exist, or may not be seen."""


class RenamedError(NotFoundError):
    """A former name of a run was used; the run is known under another name now."""

    def __init__(self, message: str, *, agent_name: str, run_name: str | None, run_id: str) -> None:
        super().__init__(message)
        self.agent_name = agent_name
        self.run_name = run_name
        self.run_id = run_id


class NameTakenError(RunreelError):
    """Another run of the agent has the wanted name."""

    def __init__(self, message: str, *, holder_run_id: str) -> None:
        super().__init__(message)
        self.holder_run_id = holder_run_id


class QueueFullError(RunreelError):
    """The server can't take more records now; sending again later helps."""


class RequestRefusedError(RunreelError):
    """What is asked of a run makes no sense now; `run_status` is what it is."""

    def __init__(self, message: str, *, run_status: str) -> None:
        super().__init__(message)
        self.run_status = run_status


class StreamLimitError(RunreelError):
    """The server can't serve more streams now; asking again later helps."""


class ServerEndingError(RunreelError):
    """The server takes nothing more, because it was told to end."""


class SourceError(RunreelError):
    """A file or database of another program can't be read, or is of no kind that is known here."""


class StorageError(RunreelError):
    """The storage failed; nothing of the attempted change was kept."""


class StorageFullError(StorageError):
    """There is no room left to write."""


class StorageUnavailableError(StorageError):
    """The database can't be reached or is busy; trying again may help."""


class SchemaVersionError(StorageError):
    """The database was written by another version and must be migrated first."""
