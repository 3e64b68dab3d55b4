"""Secrets are found by their formats. Those here are put together at run time: no scanner shall mistake this file."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest

from conformance.parsers import secrets

LETTERS = string.ascii_letters + string.digits


def random_text(count: int, letters: str = LETTERS) -> str:
    return "".join(random.Random(count).choices(letters, k=count))


KEY = "-----BEGIN {}PRIVATE " + "KEY-----"
SECRETS = {
    "aws-access-key": "AKI" + "A" + random_text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "azure-storage-key": "Account" + "Key=" + random_text(86) + "==",
    "google-api-key": "AI" + "za" + random_text(35),
    "digitalocean-token": "dop_" + "v1_" + random_text(64, "0123456789abcdef"),
    "github-token": "gh" + "p_" + random_text(36),
    "gitlab-token": "glpa" + "t-" + random_text(20),
    "slack-token": "xox" + "b-1234567890-1234567890-" + random_text(24),
    "slack-webhook": "https://hooks.slack.com/" + "services/T12345678/B12345678/" + random_text(24),
    "stripe-key": "sk_" + "live_" + random_text(24),
    "npm-token": "np" + "m_" + random_text(36),
    "pypi-token": "pypi-" + "AgEIcHlwaS5vcmc" + random_text(60),
    "docker-token": "dckr_" + "pat_" + random_text(27),
    "sendgrid-key": "S" + "G." + random_text(22) + "." + random_text(43),
    "vault-token": "hv" + "s." + random_text(95),
    "terraform-token": random_text(14) + ".atlas" + "v1." + random_text(64),
    "anthropic-key": "sk-" + "ant-api03-" + random_text(95),
    "openai-key": "sk-" + random_text(24) + "T3Blbk" + "FJ" + random_text(24),
    "private-key": KEY.format("RSA ") + "\n" + random_text(64),
}


def findings(text: str) -> Any:
    return secrets.parse("file", text.encode())["findings"]


@pytest.mark.parametrize("rule", SECRETS)
def test_each_format_is_found_in_code_and_in_settings(rule: str) -> None:
    for text in (f'a\nkey := "{SECRETS[rule]}"\n', f"a\nKEY={SECRETS[rule]}\n", f"a\n{SECRETS[rule]}"):
        assert findings(text) == [{"rule": rule, "line": 2}]


@pytest.mark.parametrize("rule", SECRETS)
def test_facts_never_hold_the_secret(rule: str) -> None:
    assert SECRETS[rule][-12:] not in str(findings(SECRETS[rule]))


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_private_keys_of_all_kinds_also_within_strings(kind: str) -> None:
    assert findings(KEY.format(kind) + "\n" + random_text(64))
    assert findings('"' + KEY.format(kind) + "\\n" + random_text(64) + '"')
    assert findings('"' + KEY.format(kind) + '\\n" +\n\t"' + random_text(64) + '"')
    assert findings(KEY.format(kind) + "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,1F\n\n" + random_text(64))


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        'strings.HasPrefix(s, "' + KEY.format("RSA ") + '")',
        "ghp_" + "x" * 36,
        "-----BEGIN CERTIFICATE-----\n" + random_text(64),
        "-----BEGIN PUBLIC KEY-----\n" + random_text(64),
        "x" + "gh" + "p_" + random_text(36),
        "gh" + "p_" + random_text(20),
        "password: hunter2",
        "postgres://app:app@localhost/db",
        random_text(64, "0123456789abcdef"),
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert findings(text) == []


def test_any_encoding_will_do_and_what_is_kept_is_bounded() -> None:
    token = SECRETS["github-token"].encode()
    assert secrets.parse("x", b"\xff\xfe\n" + token)["findings"] == [{"rule": "github-token", "line": 2}]
    assert len(secrets.parse("x", (token + b"\n") * 500)["findings"]) == secrets.MOST_FINDINGS


def test_a_rendered_service_has_none(rendered: dict[str, bytes]) -> None:
    wanted = [path for path in rendered if secrets.PARSER.wants(path)]
    assert len(wanted) > 100
    assert {path: found for path in wanted if (found := secrets.parse(path, rendered[path])["findings"])} == {}


def test_sums_and_generated_code_are_not_looked_at() -> None:
    assert [secrets.PARSER.wants(path) for path in ("go.sum", "a/x.gen.go", "x.png", "main.go", ".env")] == [
        False, False, False, True, True,
    ]  # fmt: skip
