"""Tools of one application used inside the runs of an agent of another name, and events made by hand."""

from gati import observe
from gati.core.context import get_current_run_id
from gati.core.event import LLMCallEvent, NodeExecutionEvent, ToolCallEvent
from gati.decorators import track_agent, track_tool

observe.init(name="two_names_app", telemetry=False)


@track_tool
def search(query: str) -> str:
    return query


@track_agent(name="two names")
def work() -> None:
    run_id = get_current_run_id()
    search("first")
    observe.track_event(
        LLMCallEvent(
            run_id=run_id,
            model="gpt-4.1-mini",
            prompt="hello",
            completion="hi",
            tokens_in=12,
            tokens_out=3,
            latency_ms=250.5,
            cost=0.0125,
        )
    )
    observe.track_event(ToolCallEvent(run_id=run_id, agent_name="a third name", tool_name="by hand"))
    observe.track_event(NodeExecutionEvent(run_id=run_id, node_name="planning", state_after={"step": 1}, duration_ms=5))


work()
work()
# Outside any agent: the run that `init` opened, which has neither start nor end.
search("outside")
observe.flush()
