"""What opens a run: the call of an agent, and the block `run`."""

from __future__ import annotations

from time import perf_counter_ns

from runreel.sdk.context import Place
from runreel.sdk.event import EventKind
from runreel.sdk.guard import OWN_ERRORS
from runreel.sdk.record import name_field, plain_mapping, plain_text, tag_list
from runreel.sdk.recording import default_agent, new_run, ready_client
from runreel.sdk.run import Run, RunPlace, find_open_run, usable_run_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runreel.sdk.client import Client
    from runreel.sdk.event import Event


class RunKind:
    """What all runs have in common that one agent, or one block, opens."""

    __slots__ = (
        "_agent",
        "_fields",
        "_inner_agent",
        "_metadata",
        "_run_id",
        "_session",
        "_tags",
        "capture_outputs",
        "name",
    )

    def __init__(
        self,
        *,
        agent: object = None,
        inner_agent: str | None = None,
        name: object = None,
        run_id: object = None,
        session: object = None,
        environment: object = None,
        mode: object = None,
        model: object = None,
        task: object = None,
        tags: object = None,
        metadata: Mapping[str, object] | None = None,
        capture_outputs: bool = True,
    ) -> None:
        self._agent = plain_text(agent, "agent") or None
        self._inner_agent = inner_agent
        self.name = plain_text(name, "name") or None
        self._run_id = usable_run_id(run_id)
        self._session = session
        self._fields = {"environment": environment, "mode": mode, "model": model, "task": task}
        self._tags = tag_list(tags)
        self._metadata = plain_mapping(metadata, "metadata")
        self.capture_outputs = capture_outputs

    def open(self, outer: Place | None, write_inputs: Callable[[Run], str] | None = None) -> RunPlace | None:
        """Tell that a run began, or that a known one goes on; None where nothing is recorded."""
        client = ready_client()
        if client is None:
            return None
        if self._run_id is not None and (run := find_open_run(client, self._run_id)) is not None:
            place = RunPlace(run, outer, capture_outputs=False)
            run.hold(place)
            return place
        run = new_run(client, self._run_id, self._agent or self._unnamed_agent(client, outer))
        run.outer = None if outer is None else outer.run
        inputs = None if write_inputs is None else write_inputs(run)
        event = None if outer is None else _open_call(run, outer, inputs, write_inputs)
        place = RunPlace(run, outer, event=event, capture_outputs=self.capture_outputs)
        try:
            run.hold(place)
            place.began_ns = perf_counter_ns()
            fields = settings_fields(client, run, session=self._session, metadata=self._metadata, **self._fields)
            if event is not None:
                fields += f'{name_field("parent_run_id", event.run.run_id)},"parent_event_id":"{event.event_id}"'
            if inputs is not None:
                fields += f',"inputs":{inputs}'
            run.begin(fields, wished_name=self.name, tags=[*client.settings.tags, *self._tags])
        except OWN_ERRORS:
            run.release(place)
            raise
        except BaseException as interruption:
            # Nobody else knows of the run yet, so nobody else would end it.
            place.fail(interruption)
            raise
        return place

    def _unnamed_agent(self, client: Client, outer: Place | None) -> str:
        """Return the agent of `init` for what nothing is around; what is called within is an agent of its own."""
        is_inner = outer is not None or not client.settings.agent
        return self._inner_agent if is_inner and self._inner_agent else default_agent(client)


def settings_fields(
    client: Client,
    run: Run,
    *,
    session: object = None,
    environment: object = None,
    metadata: Mapping[str, object] | None = None,
    **words: object,
) -> str:
    """Write what is given for a run, or else what the client's settings say of all."""
    settings = client.settings
    fields = name_field("session_id", settings.session if session is None else session)
    fields += name_field("environment", settings.environment if environment is None else environment)
    for field, word in words.items():
        if field == "task" and type(word) is str:
            # Of all of them only this one may be long.
            fields += f',"task":{run.values.text(word, run)}'
        else:
            fields += name_field(field, word)
    everything = {**settings.metadata, **(metadata or {})}
    if everything:
        fields += f',"metadata":{run.values.text(everything, run)}'
    return fields


def _open_call(run: Run, outer: Place, inputs: str | None, write_inputs: Callable[[Run], str] | None) -> Event:
    """Tell in the run around that an agent was called; its run is linked from there."""
    if inputs is not None and write_inputs is not None and '"$file"' in inputs:
        # The file is one of the nested run; the run around has its own.
        inputs = write_inputs(outer.run)
    kind = EventKind("agent_call", run.agent_name, attributes={"child_run_id": run.run_id})
    return kind.open(outer, outer, inputs)
