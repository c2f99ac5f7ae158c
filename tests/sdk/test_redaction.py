"""Which keys hide their value, and what the host's own `redact` may do."""

from __future__ import annotations

import enum
import json
from typing import Any

import pytest

from runreel.sdk.redaction import SecretKeys
from runreel.sdk.scrubbing import scrubbed
from runreel.sdk.value import ValueWriter


def _words(text: str) -> list[str]:
    return text.split()


_SECRET = _words("""
    api_key apikey apiKey API-KEY X-Api-Key OPENAI_API_KEY APIKey api_keys secret client_secret clientSecret MYSECRET
    password passwd DB_PASSWORD PGPASSWORD password2 pass_word passphrase pwd smtp_pass token access_token accessToken
    authToken id_token csrftoken refreshToken bearer_token HTTPToken x-auth-token token2 access_tokens authorization
    Proxy-Authorization auth cookie Set-Cookie cookies private_key privateKey aws_secret_access_key credential
    credentials jwt
""")
_OPEN = _words("""
    tokens max_tokens maxTokens token_count tokenCount tokens_in total_tokens completion_tokens num_tokens token_type
    token_ids eos_token stop_token next_page_token pageToken first_token_at key keys cache_key primary_key public_key
    keyboard monkey author authority forward_pass passed passage bypass compass tokenizer secretary query session_id
""")


@pytest.mark.parametrize("key", _SECRET)
def test_key_names_a_secret(key: str) -> None:
    assert SecretKeys()(key)


@pytest.mark.parametrize("key", _OPEN)
def test_key_names_no_secret(key: str) -> None:
    assert not SecretKeys()(key)


def test_secret_at_the_end_of_a_long_key_is_found() -> None:
    assert SecretKeys()("x" * 100_000 + "_password")


def test_names_of_secrets_can_be_added_and_taken_out() -> None:
    is_secret = SecretKeys(also=["iban", "home address"], never=["csrf_token"])

    assert is_secret("customerIban")
    assert is_secret("HOME-ADDRESS-2")
    assert not is_secret("caribbean")
    assert is_secret("auth_token")
    assert not is_secret("csrfToken")


class Header(enum.StrEnum):
    AUTHORIZATION = "authorization"


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        {"api_key": "s3cret"},
        [{"a": ({"password": ["s3cret"]},)}],
        {b"authorization": "s3cret"},
        {Header.AUTHORIZATION: "s3cret"},
        {Text("token"): "s3cret"},
        {("db", "password"): "s3cret"},
        [(b"authorization", b"Bearer s3cret"), ("cookie", "s3cret")],
        {"x" * 300 + "_token": "s3cret"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("redact", [None, lambda key, value: value])
def test_value_of_a_secret_key_is_left_out(value: object, redact: Any) -> None:
    text = ValueWriter(redact=redact).text(value)

    assert "s3cret" not in text
    assert "czNjcmV0" not in text  # as base64
    assert "[redacted]" in text


def test_value_of_a_secret_key_is_not_looked_at() -> None:
    class Watched:
        __slots__ = ()

        def __repr__(self) -> str:
            raise KeyboardInterrupt

    assert ValueWriter().mapping(("password",), (Watched(),)) == '{"password":"[redacted]"}'
    assert ValueWriter().text({"password": Watched()}) == '{"password":"[redacted]"}'


def test_secret_is_not_handed_to_the_spool() -> None:
    kept: list[bytes] = []

    ValueWriter(spool=lambda data, *_: kept.append(data)).text({"password": "x" * 100_000, "token": b"x" * 100_000})

    assert kept == []


def test_key_is_asked_about_once() -> None:
    asked: list[str] = []

    def is_secret(key: str) -> bool:
        asked.append(key)
        return key == "x"

    writer = ValueWriter(is_secret_key=is_secret)

    assert [writer.mapping(("x", "y"), (1, 2)) for _ in range(3)] == ['{"x":"[redacted]","y":2}'] * 3
    assert asked == ["x", "y"]


def test_key_that_can_not_be_judged_is_a_secret() -> None:
    assert ValueWriter(is_secret_key=lambda key: 1 / 0 > 0).mapping(("x",), (1,)) == '{"x":"[redacted]"}'


def test_host_decides_what_stands_for_a_value() -> None:
    seen: list[tuple[str | None, object]] = []

    def redact(key: str | None, value: object) -> object:
        seen.append((key, value))
        return "…" if value == "Ada" else value

    writer = ValueWriter(redact=redact)

    assert json.loads(writer.mapping(("name", "n", "password"), ("Ada", 5, "x"))) == {
        "name": "…",
        "n": 5,
        "password": "[redacted]",
    }
    assert seen == [("name", "Ada"), ("n", 5)]
    seen.clear()
    assert json.loads(writer.text({"people": ["Ada", "Bob"]})) == {"people": ["…", "Bob"]}
    assert seen == [
        (None, {"people": ["Ada", "Bob"]}),
        ("people", ["Ada", "Bob"]),
        (None, "Ada"),
        (None, "Bob"),
    ]
    assert writer.text("Ada") == '"…"'


def test_what_the_host_fails_to_redact_is_not_shown() -> None:
    def redact(key: str | None, value: object) -> object:
        if value == "s3cret":
            raise ValueError
        return value

    writer = ValueWriter(redact=redact)

    assert writer.text(["s3cret", 1]) == '["[redaction failed]",1]'
    assert writer.mapping(("a", "b"), ("s3cret", 1)) == '{"a":"[redaction failed]","b":1}'
    assert writer.text("s3cret") == '"[redaction failed]"'


def test_interrupt_in_the_hosts_redact_passes_through() -> None:
    def redact(key: str | None, value: object) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ValueWriter(redact=redact).text(1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Client(api_key='sk-1', n=2)", "Client(api_key='[redacted]', n=2)"),
        ('{"password": "a\\"b", "n": 1}', '{"password": "[redacted]", "n": 1}'),
        ("password=abc, next", "password=[redacted], next"),
        ("token => abc next", "token => [redacted] next"),
        ("https://host/?api_key=abc&q=1", "https://host/?api_key=[redacted]&q=1"),
        ("authorization: Bearer abc.def", "authorization: [redacted]"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: [redacted]\nHost: x"),
        ("[(b'authorization', b'Bearer x')]", "[(b'authorization', b'[redacted]')]"),
        ("headers: token: abc", "headers: token: [redacted]"),
        ("cut off: password='abc", "cut off: password='[redacted]'"),
        ("postgres://me:pw@host/db", "postgres://me:[redacted]@host/db"),
        ('os.environ["API_KEY"] = "abc"', 'os.environ["API_KEY"] = "[redacted]"'),
        ("N(api_keys=['a', {'b': ']'}], n=1)", "N(api_keys=[redacted], n=1)"),
        ("N(credentials=('a', 'b'", "N(credentials=[redacted]"),
        ('api_key: str | None = "a"', 'api_key: str | None = "[redacted]"'),
        ("max_tokens=5, key='a'", "max_tokens=5, key='a'"),
        ("nothing to hide", "nothing to hide"),
        ("time: 12:30, see https://host:80/x", "time: 12:30, see https://host:80/x"),
    ],
)
def test_secrets_that_a_text_names_are_left_out(text: str, expected: str) -> None:
    assert scrubbed(text, SecretKeys()) == expected


def test_of_code_only_literals_are_secret() -> None:
    code = 'login(token=get(), password="abc", key: str = "x")'

    assert scrubbed(code, SecretKeys(), is_code=True) == 'login(token=get(), password="[redacted]", key: str = "x")'


def test_scrubbing_takes_no_longer_than_a_text_is_long() -> None:
    for text in ("a:" * 20_000, "password=" * 5_000, "'" * 20_000 + "=", "x" * 50_000 + ":", "a b:c " * 8_000):
        scrubbed(text, SecretKeys())
