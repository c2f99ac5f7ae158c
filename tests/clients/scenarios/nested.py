"""An agent that asks another agent, whose name has a slash and more."""

from gati import observe
from gati.decorators import track_agent, track_tool

observe.init(name="nested_app", telemetry=False)


@track_tool
def look_up(word: str) -> str:
    return word.upper()


@track_agent(name="team/helper ? #1 100%")
def helper(word: str) -> str:
    return look_up(word)


@track_agent(name="nested")
def ask(words: list[str]) -> list[str]:
    return [helper(word) for word in words]


ask(["one", "two"])
observe.flush()
