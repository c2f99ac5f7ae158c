"""Which keys name a secret."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED = "[redacted]"
REDACTION_FAILED = "[redaction failed]"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# One of these is in every name of a secret, so that most names are passed by one quick look.
_ROOTS = ("auth", "bearer", "cookie", "credential", "jwt", "key", "pass", "pwd", "secret", "token")
_SECRETS = _words(
    "authorization bearer cookie cookies credential credentials jwt passcode passphrase passwd password passwords pwd "
    "secret secrets"
)
# Found within a word as well, for names that nobody parted, such as `DBPASSWORD`.
_FUSED = ("accesskey", "apikey", "authorization", "credential", "passphrase", "passwd", "password", "privatekey")
# Words that only with another before them name a secret: there is a `cache_key`, a `forward_pass`, and `tokens_in`.
_KINDS_OF_KEYS = _words(
    "access account api auth client encryption hmac master private rsa secret service shared signing ssh storage "
    "subscription"
)
_PAIRS = {
    "key": _KINDS_OF_KEYS,
    "keys": _KINDS_OF_KEYS,
    "pass": _words("admin database db email ftp mail mysql pg redis root smtp user"),
    "phrase": _words("pass"),
    "tokens": _words("access api auth bearer refresh"),
    "word": _words("pass"),
}
# Tokens that a model or a page counts with.
_OPEN_TOKENS = _words(
    "bos cls completion continuation current end eos first image input last mask max min next output pad page per "
    "prompt sep special start stop unk"
)
_LONGEST = 1_024


class SecretKeys:
    """Tells whether a key names a secret, in any style: `api_key`, `apiKey`, `X-API-KEY`.

    `also` and `never` are names that count as such, or don't, beside the usual ones. They too are found in every style,
    and within longer names: `also=("iban",)` finds `customerIban`. `never` counts more.
    """

    __slots__ = ("_also", "_never")

    def __init__(self, *, also: Iterable[str] = (), never: Iterable[str] = ()) -> None:
        self._also = tuple(f" {words} " for words in map(_parted, also) if words)
        self._never = tuple(f" {words} " for words in map(_parted, never) if words)

    def __call__(self, key: str) -> bool:
        if not self._also and not _has_root(key.lower()):
            return False
        parted = f" {_parted(key)} "
        if any(words in parted for words in self._never):
            return False
        return any(words in parted for words in self._also) or _names_a_secret(parted.split())


def _has_root(name: str) -> bool:
    for root in _ROOTS:  # noqa: SIM110 - for every new key on the caller's thread, and a generator doubles the time
        if root in name:
            return True
    return False


def _names_a_secret(words: list[str]) -> bool:
    before = ""
    for word in words:
        if word in _SECRETS or word.endswith("secret") or before in _PAIRS.get(word, ()):
            return True
        if any(part in word for part in _FUSED):
            return True
        before = word
    return words == ["auth"] or _ends_with_token(words)


def _ends_with_token(words: list[str]) -> bool:
    """Tell whether a token itself is meant: what comes after the word speaks of it (`token_count`, `token_type`)."""
    while words and (words[-1].isdigit() or words[-1] == "value"):
        words = words[:-1]
    if not words or not words[-1].endswith("token"):
        return False
    kind = words[-1].removesuffix("token") or (words[-2] if len(words) > 1 else "")
    return kind not in _OPEN_TOKENS


def _parted(name: str) -> str:
    """Return the words of a name in lower case with a blank between: `getHTTPToken-2` is `get http token 2`."""
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST // 2]} {name[-_LONGEST // 2 :]}"
    text = ""
    before = " "
    for place, char in enumerate(name):
        if not char.isalnum():
            text += " "
        elif _begins_a_word(before, char, name[place + 1 : place + 2]):
            text += " " + char
        else:
            text += char
        before = char
    return " ".join(text.lower().split())


def _begins_a_word(before: str, char: str, after: str) -> bool:
    if not before.isalnum():
        return False
    if char.isdigit() or before.isdigit():
        return char.isdigit() != before.isdigit()
    return char.isupper() and (before.islower() or after.islower())
