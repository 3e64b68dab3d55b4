"""A security policy that says where to report a vulnerability."""

from __future__ import annotations

from conformance.checks._documents import headings_with, stubs
from conformance.checks._places import COMMUNITY, first
from conformance.checks._problems import Problem, failed_by
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

FEWEST_WORDS = 40
_REPORTING = (
    "report", "reporting", "reports", "disclose", "disclosure", "disclosing", "contact", "found a vulnerability",
    "vulnerability", "vulnerabilities",
)  # fmt: skip


def judge(subject: Subject) -> Finding:
    """Judge the policy that GitHub shows: its length, and whether it says how to report and to whom."""
    path = first(subject, COMMUNITY, "SECURITY.md")
    if not path:
        return failed("There is no SECURITY.md in .github/, the top folder or docs/.")
    fact = subject.fact("markdown", path)
    problems = stubs(path, fact, FEWEST_WORDS)
    if not fact["links"] and not headings_with(fact, _REPORTING):
        problems.append(Problem(f"{path} does not say how to report a vulnerability: no heading, no address", path))
    if problems:
        return failed_by(problems)
    heading = next(iter(headings_with(fact, _REPORTING)), {"line": 0})
    return passed(f"{path} says how to report a vulnerability.", Evidence(path, heading["line"]))


CHECK = Check(
    id="security-policy",
    title="A security policy says how to report a vulnerability",
    level=Level.GOLD,
    area="Security",
    applies_to="Every service",
    rationale=(
        "Whoever finds a hole looks for `SECURITY.md`. Without one, the hole is told in a public issue, or not at all."
    ),
    fix=(
        "Say which versions get fixes, where to report in private, and when an answer comes.\n\n"
        "```markdown\n"
        "# Security\n\n"
        "## Report a vulnerability\n\n"
        "Write to <security@example.com>, or use *Report a vulnerability* on the Security tab. Please open no "
        "public issue.\n"
        "We answer within two working days and tell you when the fix is out.\n"
        "```"
    ),
    judge=judge,
    source=("https://docs.github.com/en/code-security/getting-started/adding-a-security-policy-to-your-repository"),
)
