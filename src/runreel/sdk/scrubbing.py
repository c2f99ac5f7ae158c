"""Secrets that stand in a text beside their name: `api_key='sk-…'`, `Authorization: Bearer …`, `postgres://me:pw@host`.

For texts that programs make for people: messages, stacks, `repr`. A secret without its name can't be told from anything
else; there the host's own `redact` helps.
"""

from __future__ import annotations

from runreel.sdk.redaction import REDACTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = r"""(?<![\w-])(?P<name>[A-Za-z_][\w-]{1,100})"""
# Between a name and its value: `=`, `:`, `=>`, maybe after an annotation or what closes an index; in a pair a comma.
_RELATION = (
    r"""(?:["'\])]{0,2}(?:\s?:\s?[\w.\[\]| ]{1,60}?(?==))?\s{0,9}(?:=>?|:)\s{0,9}"""
    r"""|["'],\s{0,9}(?=\w{0,2}["']))"""
)
_NAMED = _NAME + _RELATION
# A quote that isn't closed goes on to the end: the text may have been cut there.
_QUOTED = r"""[A-Za-z]{0,2}(?P<quote>["'])(?:[^"'\\]|\\.|(?!(?P=quote))["'])*(?:(?P=quote)|\\?\Z)"""
_QUOTED_OR_BRACKET = rf"""{_QUOTED}|(?P<bracket>[\[({{])|[\])}}]"""
_BARE = r"""(?:(?:bearer|basic|digest|token)\s+)?[^\s,;&()\[\]{}<>"']+"""
_HEADER = r"""(?P<start>(?:authorization|cookie)["']?\s{0,9}:\s{0,9})(?![\w]{0,2}["'\s])[^\r\n]+"""
_ADDRESS = r"""(?P<start>://[^\s/:@"']{0,200}:)[^\s/@"']{1,500}(?=@)"""


def scrubbed(text: str, is_secret: Callable[[str], bool], *, is_code: bool = False) -> str:
    """Return the text with `[redacted]` for the secrets that it names; of code only literals are secrets."""
    if not any(sign in text for sign in ("=", ":", "',", '",')):
        return text
    import re  # for start-up time: seldom used, and slow to import

    text = re.sub(_ADDRESS, rf"\g<start>{REDACTED}", text)
    if not is_code:
        text = re.sub(_HEADER, rf"\g<start>{REDACTED}", text, flags=re.IGNORECASE)
    named = re.compile(_NAMED)
    parts: list[str] = []
    place = looked_at = 0
    while found := named.search(text, looked_at):
        # What comes after a name that hides nothing may be the name of a secret: `headers: token=…`
        looked_at = found.end("name")
        if is_secret(found["name"]):
            end, shown = _value_at(text, found.end(), is_code=is_code)
            parts += text[place : found.end()], shown
            place = looked_at = end
    return "".join([*parts, text[place:]])


def _value_at(text: str, start: int, *, is_code: bool) -> tuple[int, str]:
    """Return where the value that starts here ends, and what stands for it."""
    import re  # as above

    if quoted := re.compile(_QUOTED, re.DOTALL).match(text, start):
        quote = quoted["quote"]
        return quoted.end(), f"{text[start : quoted.start('quote')]}{quote}{REDACTED}{quote}"
    if text[start : start + 1] in {"[", "(", "{"}:
        return _end_of_bracket(text, start), REDACTED
    bare = None if is_code else re.compile(_BARE, re.IGNORECASE).match(text, start)
    return (bare.end(), REDACTED) if bare else (start, "")


def _end_of_bracket(text: str, start: int) -> int:
    import re  # as above

    depth = 0
    for sign in re.compile(_QUOTED_OR_BRACKET, re.DOTALL).finditer(text, start):
        if sign["quote"] is None:
            depth += 1 if sign["bracket"] else -1
        if depth == 0:
            return sign.end()
    return len(text)
