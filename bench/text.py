"""Text that reads like English to a compressor: words in the frequencies of English, never the same sentence twice."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from random import Random

WORDS = (Path(__file__).parent / "words.txt").read_text().split()
# Word frequencies fall with their rank (Zipf), which sets how far the text can be compressed.
_CUMULATIVE_WEIGHTS = list(accumulate(1 / (rank + 2.7) for rank in range(len(WORDS))))


def make_words(rng: Random, n_words: int) -> str:
    return " ".join(rng.choices(WORDS, cum_weights=_CUMULATIVE_WEIGHTS, k=n_words))


def make_text(rng: Random, n_words: int) -> str:
    """Sentences of 6 to 18 words that hold about `n_words` words together."""
    words = rng.choices(WORDS, cum_weights=_CUMULATIVE_WEIGHTS, k=n_words)
    sentences = []
    start = 0
    while start < n_words:
        end = start + rng.randint(6, 18)
        sentence = " ".join(words[start:end])
        sentences.append(sentence[:1].upper() + sentence[1:] + rng.choice("....?"))
        start = end
    return " ".join(sentences)


def make_name(rng: Random) -> str:
    """Two rarer words, as a file, a topic or a tool argument would be called."""
    return f"{rng.choice(WORDS[60:])} {rng.choice(WORDS[60:])}"
