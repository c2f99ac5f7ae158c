"""A plain agent, recorded by two lines: `import runreel` and a decorator.

Start a server with `runreel up`, then run `python examples/plain.py`. Then `runreel runs` lists the run.
"""

from __future__ import annotations

import runreel


@runreel.agent
def count_words(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


if __name__ == "__main__":
    print(count_words("the sky above the port"))
