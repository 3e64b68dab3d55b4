"""Secrets that are committed are found."""

from __future__ import annotations

from conformance.checks import _presence
from conformance.checks._commands import Command
from conformance.checks._tools import options
from conformance.examining.check import Check, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_ACTIONS = ("gitleaks/gitleaks-action", "trufflesecurity/trufflehog")
_SCANS = {
    "gitleaks": ("git", "dir", "detect", "protect", "directory", "file"),
    "trufflehog": ("git", "filesystem", "github"),
    "detect-secrets": ("scan", "audit"),
    "detect-secrets-hook": (),
}
"""Scanners, and the words of which one makes a call of them a scan; none means any call."""
_HOOKS = frozenset({"gitleaks", "gitleaks-docker", "gitleaks-system", "trufflehog", "detect-secrets"})
_PRE_COMMIT = ".pre-commit-config.yaml"


def judge(subject: Subject) -> Finding:
    """Judge what CI runs, or what the forge does by itself (`secretScanning` of its facts)."""
    if subject.forge.get("secretScanning") is True:
        return passed("The forge scans pushes for secrets.")
    has_hook = _has_hook(subject)
    sought = _presence.Sought(
        "committed secrets are looked for",
        lambda command: _scans(command) or (has_hook and _runs_hooks(command)),
        lambda use: use.is_any(*_ACTIONS) or (has_hook and use.is_any("pre-commit/action")),
    )
    return _presence.judged(subject, sought)


def _scans(command: Command) -> bool:
    for tool, words in _SCANS.items():
        if command.is_any(tool):
            return not words or bool(set(words) & set(command.arguments))
    if command.is_any("trivy"):
        return any("secret" in value for value in options(command.arguments, "--scanners"))
    return False


def _runs_hooks(command: Command) -> bool:
    return command.is_any("pre-commit", "prek") and command.arguments[:1] == ("run",)


def _has_hook(subject: Subject) -> bool:
    """Tell whether pre-commit has a hook that looks for secrets."""
    if not subject.has(_PRE_COMMIT):
        return False
    hooks = [hook for document in subject.yaml(_PRE_COMMIT) for repo in document["repos"] for hook in repo["hooks"]]
    return any(hook["id"].text in _HOOKS for hook in hooks)


CHECK = Check(
    id="secret-scan",
    title="Commits are scanned for secrets",
    level=Level.SILVER,
    area="Security",
    applies_to="Every service",
    rationale=(
        "A password in a commit is in every clone and every fork, and stays in the history after it is deleted. It "
        "has to be replaced, and the sooner somebody knows, the less it costs. What the service holds now is judged "
        "by another check; this one asks whether the next secret would be found."
    ),
    fix=(
        "Turn on secret scanning with push protection in the repository's settings, or run a scanner over the whole "
        "history:\n\n"
        "```yaml\n"
        "- uses: actions/checkout@<commit>\n"
        "  with: {fetch-depth: 0, persist-credentials: false}\n"
        "- run: go run github.com/zricethezav/gitleaks/v8@v8.30.1 git --redact --exit-code 1 .\n"
        "```"
    ),
    judge=judge,
    source="https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning",
)
