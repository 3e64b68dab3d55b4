"""Who owns a service: CODEOWNERS, the descriptor, the licence."""

from __future__ import annotations

from typing import Any

from identify.vendor.licenses import LICENSES

from conformance.examining.subject import LockState
from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes

PATH = ".github/CODEOWNERS"
ENTITY = {
    "ref": "component:default/ledger",
    "owner": "group:default/payments",
    "system": "system:default/checkout",
    "type": "service",
    "lifecycle": "production",
    "tags": [],
}
CATALOG: dict[str, Any] = {
    "entity": ENTITY,
    "teams": frozenset({"group:default/payments", "group:default/identity"}),
    "codeowners_org": "goldpath",
}
INFO = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ledger
spec:
  type: service
  lifecycle: production
  owner: group:default/payments
  system: checkout
"""
APACHE, MIT = dict(LICENSES)["Apache-2.0"], dict(LICENSES)["MIT"]


def info(old: str = "", new: str = "", **known: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """Return a descriptor in which one text is replaced, and the catalog beside it."""
    assert old in INFO
    return {"catalog-info.yaml": INFO.replace(old, new, 1)}, {**CATALOG, **known}


def info_fails(says: str, line: int, old: str, new: str = "", **known: Any) -> Case:
    texts, catalog = info(old, new, **known)
    return fails(texts, says, ("catalog-info.yaml", line), **catalog)


CASES: Cases = {
    "codeowners-valid": {
        "one rule": passes({PATH: "* @goldpath/payments\n"}, "every path an owner, in 1 rule", (PATH, 1)),
        "the top folder": passes({"CODEOWNERS": "* @a/b\n"}, at=("CODEOWNERS", 1)),
        "the folder of documents": passes({"docs/CODEOWNERS": "/** a@example.com\n"}, at=("docs/CODEOWNERS", 1)),
        "the first place wins": passes({PATH: "* @a/b\n", "CODEOWNERS": "x @@@\n"}, at=(PATH, 1)),
        "the first place wins, though worse": fails(
            {PATH: "x @@@\n", "CODEOWNERS": "* @a/b\n"}, "has an error", (PATH, 1)
        ),
        "absent": fails({}, "There is no CODEOWNERS file"),
        "in a folder that GitHub does not read": fails(
            {"deploy/CODEOWNERS": "* @a/b\n"}, "There is no CODEOWNERS file"
        ),
        "a mistyped owner": fails({PATH: "* @a/b\n/docs payments\n"}, "payments is no owner", (PATH, 2)),
        "no rule for all": fails({PATH: "/docs/ @a/b\n"}, "no rule that covers every path", (PATH, 0)),
        "only the top folder's files": fails({PATH: "/* @a/b\n"}, "no rule that covers every path", (PATH, 0)),
        "empty": fails({PATH: "# nobody\n"}, "no rule that covers every path", (PATH, 0)),
        "the rule for all has no owner": fails({PATH: "*\n"}, "leaves * without an owner", (PATH, 1)),
        "a later rule takes owners away": fails({PATH: "* @a/b\n/.github/\n"}, "leaves /.github/ without", (PATH, 2)),
        "an earlier rule without owners is overruled": passes({PATH: "/docs/\n* @a/b\n"}, at=(PATH, 2)),
        "many errors": fails({PATH: "* @a/b\na b\nc d\ne f\n"}, "(and 1 more)", (PATH, 4)),
        "bad UTF-8": errs({PATH: b"* @a/b \xff\n"}, "not UTF-8"),
        "a link": errs({PATH: "../CODEOWNERS"}, "symbolic link", links=frozenset({PATH})),
    },
    "codeowners-owners": {
        "the owner": passes({PATH: "# us\n* @goldpath/payments\n"}, "group:default/payments", (PATH, 2), **CATALOG),
        "whatever the case": passes({PATH: "* @GoldPath/Payments\n"}, **CATALOG),
        "beside others": passes({PATH: "* @alice a@example.com @goldpath/payments @goldpath/identity\n"}, **CATALOG),
        "no known organisation": passes({PATH: "* @anything/payments\n"}, **{**CATALOG, "codeowners_org": ""}),
        "a person owns it": passes(
            {PATH: "* @alice\n"}, **{**CATALOG, "entity": {**ENTITY, "owner": "user:default/alice"}}
        ),
        "another team": fails({PATH: "* @goldpath/identity\n"}, "@goldpath/payments is missing", (PATH, 1), **CATALOG),
        "another organisation": fails(
            {PATH: "* @other/payments\n"}, "@goldpath/payments is missing", (PATH, 1), **CATALOG
        ),
        "the last rule for all counts": fails(
            {PATH: "* @goldpath/payments\n* @goldpath/identity\n"},
            "gives every path to @goldpath/identity",
            (PATH, 2),
            **CATALOG,
        ),
        "nobody": fails({PATH: "*\n"}, "to nobody", (PATH, 1), **CATALOG),
        "a person in place of the team": fails({PATH: "* @payments\n"}, "is missing", (PATH, 1), **CATALOG),
        "not even without an organisation": fails(
            {PATH: "* payments@example.com\n"}, "is missing", (PATH, 1), **{**CATALOG, "codeowners_org": ""}
        ),
        "a team that does not exist": fails(
            {PATH: "* @goldpath/payments\n/docs @goldpath/writers\n"},
            "@goldpath/writers, which no group",
            (PATH, 2),
            **CATALOG,
        ),
        "a known team of another organisation": fails(
            {PATH: "* @goldpath/payments\n/docs @other/identity\n"}, "@other/identity", (PATH, 2), **CATALOG
        ),
        "no rule for all": fails({PATH: "/docs @goldpath/payments\n"}, "no rule that covers", (PATH, 0), **CATALOG),
        "absent": fails({}, "There is no CODEOWNERS", **CATALOG),
        "not in the catalog": errs({PATH: "* @goldpath/payments\n"}, "does not say who owns"),
        "a catalog without groups": errs(
            {PATH: "* @goldpath/payments\n"}, "knows no groups", **{**CATALOG, "teams": frozenset()}
        ),
        "bad UTF-8": errs({PATH: b"\xff"}, "not UTF-8", **CATALOG),
        "a link": errs({PATH: "x"}, "symbolic link", links=frozenset({PATH}), **CATALOG),
    },
    "catalog-info-valid": {
        "complete": passes(info()[0], "component:default/ledger", ("catalog-info.yaml", 1), **CATALOG),
        "the other suffix": passes({"catalog-info.yml": INFO}, at=("catalog-info.yml", 1), **CATALOG),
        "short references": passes(info("group:default/payments", "payments")[0], **CATALOG),
        "long references": passes(info("checkout", "System:Default/Checkout")[0], **CATALOG),
        "more documents": passes({"catalog-info.yaml": f"{INFO}---\nkind: API\n"}, **CATALOG),
        "an owner of another namespace": passes(
            {
                "catalog-info.yaml": INFO.replace("name: ledger", "name: ledger\n  namespace: core").replace(
                    "group:default/", ""
                )
            },
            **{
                **CATALOG,
                "entity": {
                    **ENTITY,
                    "ref": "component:core/ledger",
                    "owner": "group:core/payments",
                    "system": "system:core/checkout",
                },
            },
        ),
        "absent": fails({}, "There is no catalog-info.yaml", **CATALOG),
        "empty": fails({"catalog-info.yaml": ""}, "holds no entity", ("catalog-info.yaml", 0), **CATALOG),
        "a list": fails({"catalog-info.yaml": "- 1\n"}, "holds no entity", ("catalog-info.yaml", 0), **CATALOG),
        "another kind first": info_fails("is API, not Component", 2, "kind: Component", "kind: API"),
        "no kind": info_fails("is missing, not Component", 1, "kind: Component\n"),
        "another version": info_fails("apiVersion is not", 1, "backstage.io/v1alpha1", "v1"),
        "no name": info_fails("metadata.name is missing", 1, "  name: ledger\n", "  title: Ledger\n"),
        "a name that is none": info_fails("is no valid name", 4, "name: ledger", "name: -ledger"),
        "a name with a slash": info_fails("is no valid name", 4, "name: ledger", "name: a/b"),
        "a name with two signs in a row": info_fails("is no valid name", 4, "name: ledger", "name: a--b"),
        "a name that is too long": info_fails("is no valid name", 4, "name: ledger", f"name: {'a' * 64}"),
        "a number as a name": info_fails("is no valid name", 4, "name: ledger", "name: 12"),
        "no owner": info_fails("spec.owner is missing", 1, "  owner: group:default/payments\n"),
        "an empty owner": info_fails("spec.owner is missing", 8, "group:default/payments", '" "'),
        "an owner that is a list": info_fails("spec.owner is missing", 8, "group:default/payments", "[payments]"),
        "no system where the service was made as a part of one": info_fails(
            "spec.system is missing", 1, "  system: checkout\n", lock=LockState({"answers": {"system": "checkout"}})
        ),
        "no system but one in the catalog": info_fails("the system is nothing", 1, "  system: checkout\n"),
        "no system at all": passes(
            {"catalog-info.yaml": INFO.replace("  system: checkout\n", "")},
            **{**CATALOG, "entity": {**ENTITY, "system": ""}},
        ),
        "no lifecycle": info_fails("spec.lifecycle is missing", 1, "  lifecycle: production\n"),
        "no type": info_fails("spec.type is missing", 1, "  type: service\n"),
        "another owner": info_fails("the owner is group:default/identity", 8, "payments", "identity"),
        "another system": info_fails("the system is system:default/other", 9, "checkout", "other"),
        "another type": info_fails("the type is library", 6, "service", "library"),
        "another lifecycle": info_fails("the lifecycle is deprecated", 7, "production", "deprecated"),
        "another component": info_fails("the component is component:default/invoices", 4, "ledger", "invoices"),
        "a catalog that knows no system": info_fails("catalog says nothing", 9, "", entity={**ENTITY, "system": ""}),
        "not in the catalog": errs(info()[0], "does not know this service"),
        "not YAML": errs({"catalog-info.yaml": "a: [\n"}, "not valid YAML", **CATALOG),
        "bad UTF-8": errs({"catalog-info.yaml": b"\xff\xfe"}, "not UTF-8", **CATALOG),
        "a link": errs({"catalog-info.yaml": "x"}, "link", links=frozenset({"catalog-info.yaml"}), **CATALOG),
    },
    "license-present": {
        "Apache": passes({"LICENSE": APACHE}, "licensed under Apache-2.0", ("LICENSE", 0)),
        "other spellings": passes({"LICENCE.md": MIT}, "MIT", ("LICENCE.md", 0)),
        "two of them": passes({"LICENSE-APACHE": APACHE, "LICENSE-MIT": MIT}, "Apache-2.0 and MIT"),
        "one is not known": passes({"LICENSE": MIT, "LICENSE-fonts": "All yours."}, "MIT", ("LICENSE", 0)),
        "absent": fails({"docs/LICENSE": APACHE}, "There is no LICENSE file"),
        "empty": fails({"LICENSE": ""}, "is not the text of a licence", ("LICENSE", 0)),
        "own words": fails({"COPYING": "You may look at it."}, "COPYING is not the text", ("COPYING", 0)),
        "bad UTF-8": errs({"LICENSE": b"\xff\xfe" * 50}, "not UTF-8"),
        "a link": errs({"LICENSE": "COPYING.real"}, "symbolic link", links=frozenset({"LICENSE"})),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)
