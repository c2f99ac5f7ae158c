"""What stands in the text where a value could not be written as it is: small objects whose first key begins with `$`.

All of them are listed in `docs/reference/sdk-values.md`.
"""

from __future__ import annotations

from runreel.sdk.quoting import quote

TRUNCATED_KEY = '"$truncated":'


def truncated(by: str, n: int | None = None) -> str:
    """Say that there is more: `by` is the bound that was met, `n` how much there is in all."""
    return f'{{"$truncated":"{by}"}}' if n is None else f'{{"$truncated":"{by}","n":{n}}}'


def cycle(levels: int) -> str:
    """Say that here comes again what is being written so many levels above."""
    return f'{{"$cycle":{levels}}}'


def failed(error: BaseException, class_name: str) -> str:
    """Say that a value of this class could not be described."""
    return f'{{"$failed":{quote(type(error).__name__)},"type":{quote(class_name)}}}'


def named(mark: str, called: str, /, **more: str) -> str:
    """Say what a thing is called; `more` are JSON texts."""
    rest = "".join(f',"{key}":{text}' for key, text in more.items())
    return f'{{"${mark}":{quote(called)}{rest}}}'
