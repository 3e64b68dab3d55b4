"""No file holds what looks like a token or a private key."""

from __future__ import annotations

from conformance.checks._places import is_vendored
from conformance.checks._words import counted, cut, listed
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, passed
from conformance.examining.subject import Subject, UnreadableError
from conformance.examining.terms import Level
from conformance.parsers.secrets import PARSER


def judge(subject: Subject) -> Finding:
    """Judge every file that was read; what should have been read and was not leaves the question open."""
    paths = [path for path in subject.files if subject.has(path) and PARSER.wants(path) and not is_vendored(path)]
    found, unread = [], []
    for path in paths:
        try:
            findings = subject.fact(PARSER.name, path)["findings"]
        except UnreadableError as error:
            unread.append(error)
        else:
            found += [Evidence(path, each["line"], cut(each["rule"])) for each in findings]
    if found:
        rules, files = sorted({each.note for each in found}), {each.path for each in found}
        return failed(f"What looks like a secret stands in {counted(len(files), 'file')}: {listed(rules)}.", *found)
    if unread:
        return _unfinished(len(paths), unread)
    return passed(f"Nothing that looks like a secret in {counted(len(paths), 'file')}.")


def _unfinished(number: int, unread: list[UnreadableError]) -> Finding:
    """Return that some files may hold secrets all the same, the first of them with why it was not read."""
    rest = f" Not read either: {counted(len(unread) - 1, 'more file')}." if len(unread) > 1 else ""
    words = f"Nothing in what was read of {counted(number, 'file')}, but: {cut(unread[0], 200)}{rest}"
    return inconclusive(words, *(Evidence(error.path) for error in unread))


CHECK = Check(
    id="no-secrets",
    title="No file holds a token or a private key",
    level=Level.BRONZE,
    area="Security",
    applies_to="Every service",
    rationale=(
        "What was committed is in every clone and in the history for ever, and bots find a token in a public "
        "repository within minutes. Only formats that carry their issuer's mark are looked for, so what is found "
        "here is hardly ever an accident."
    ),
    fix=(
        "**Revoke the secret first**: taking the line out does not take it back. Then read it from where the "
        "platform keeps secrets.\n\n"
        "```yaml\n"
        "env:\n"
        "  - name: APP_POSTGRES_DSN_FILE\n"
        "    value: /etc/service-secrets/postgres/dsn\n"
        "volumeMounts:\n"
        "  - {name: postgres, mountPath: /etc/service-secrets/postgres, readOnly: true}\n"
        "```\n\n"
        "If it is made up for a test, write `EXAMPLE` into it."
    ),
    judge=judge,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
)
