from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.services import actor_for
from conformance import checks, documents
from conformance.examining.terms import Level
from conformance.models import Policy
from conformance.services import policies
from portal.foundation.models import User
from tests.conformance.fleet import make_fleet, make_service, result

CHECKS = checks.registry()
SILVER = next(check.id for check in CHECKS.values() if check.level is Level.SILVER)


@pytest.fixture
def admin_web(platform_admin: User, signed_in: Callable[[User], Client]) -> Client:
    """A platform engineer's browser."""
    return signed_in(platform_admin)


@pytest.fixture
def draft(platform_admin: User) -> Policy:
    """A draft that says what the built-in policy says."""
    return policies.create_draft(actor_for(platform_admin), documents.built_in(), "A try")


def text(response: Any) -> str:
    return str(response.content.decode())


def form_of(client: Client, address: str) -> dict[str, Any]:
    """Return what a browser would send back unchanged."""
    page = text(client.get(address))
    seen = re.search(r'name="seen"\s+value="(\w+)"', page)
    assert seen
    levels = {f"level-{check}": _chosen(page, f"level-{check}") for check in CHECKS}
    days = {f"days-{level}": _value(page, f"days-{level}") for level in ("bronze", "silver", "gold")}
    return {"seen": seen.group(1), **levels, **days, "approvers": "platform", "note": "A try"}


def _chosen(page: str, name: str) -> str:
    select = re.search(rf'name="{name}".*?</select>', page, re.DOTALL)
    assert select
    found = re.search(r'value="(\w+)" selected', select.group())
    assert found
    return found.group(1)


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found
    return found.group(1)


def in_order(rule: dict[str, Any]) -> str:
    return json.dumps(rule, sort_keys=True)


def test_everybody_reads_the_policy(alice_web: Client, draft: Policy) -> None:
    page = text(alice_web.get("/conformance/policies"))
    assert "Version 1 holds" in page
    assert "Draft 2" in page
    assert "New draft" not in page
    one = text(alice_web.get("/conformance/policies/1"))
    assert all(check.title.replace("'", "&#x27;") in one for check in list(CHECKS.values())[:5])
    assert "Not counted for lifecycle deprecated" in one
    assert "<select" not in one
    assert "Publish" not in text(alice_web.get(f"/conformance/policies/{draft.number}"))


def test_a_visitor_signs_in_first(client: Client) -> None:
    for address in ("", "/1", "/1/json", "/1/what-if", "/1/publish"):
        assert client.get(f"/conformance/policies{address}").status_code == 302


@pytest.mark.parametrize("address", ["", "/2", "/2/json", "/2/publish", "/2/discard"])
def test_an_outsider_changes_nothing(alice_web: Client, draft: Policy, address: str) -> None:
    sent = {"seen": draft.digest, "text": documents.shown(draft.document), "over": "1", "note": "mine"}
    assert alice_web.post(f"/conformance/policies{address}", sent).status_code == 403
    assert [row.note for row in Policy.objects.filter(status="draft")] == ["A try"]
    assert policies.published().number == 1
    for confirmation in ("publish", "discard"):
        assert alice_web.get(f"/conformance/policies/2/{confirmation}").status_code == 403


@pytest.mark.parametrize("address", ["", "/2", "/2/json", "/2/publish", "/2/discard"])
def test_a_forged_form_is_refused(platform_admin: User, draft: Policy, address: str) -> None:
    web = Client(enforce_csrf_checks=True)
    web.force_login(platform_admin)
    assert web.post(f"/conformance/policies{address}", {"over": "1"}).status_code == 403
    assert Policy.objects.count() == 2


@pytest.mark.parametrize("address", ["/99", "/99/json", "/99/what-if", "/99/publish", "/0", "/" + "9" * 18])
def test_a_version_that_is_not_there(admin_web: Client, address: str) -> None:
    assert admin_web.get(f"/conformance/policies{address}").status_code == 404


def test_a_new_draft_is_a_copy_of_what_holds(admin_web: Client) -> None:
    response = admin_web.post("/conformance/policies", follow=True)
    assert response.redirect_chain[-1][0] == "/conformance/policies/2"
    assert policies.find(2).document == policies.published().document


def test_a_draft_of_a_policy_with_a_check_that_is_gone_leaves_it_out(admin_web: Client) -> None:
    current = policies.published()
    current.document["rules"].append({"check": "check-of-old", "level": "gold"})
    current.save()
    admin_web.post("/conformance/policies")
    assert "check-of-old" not in str(policies.find(2).document)


def test_checks_that_came_after_the_policy_are_named(alice_web: Client) -> None:
    current = policies.published()
    current.document["rules"] = [rule for rule in current.document["rules"] if rule["check"] != SILVER]
    current.save()
    page = text(alice_web.get("/conformance/policies"))
    assert "1 check came after this version" in page
    assert f"/conformance/checks/{SILVER}" in page


def test_a_form_sent_back_unchanged_changes_nothing(admin_web: Client, draft: Policy) -> None:
    address = f"/conformance/policies/{draft.number}"
    response = admin_web.post(address, form_of(admin_web, address))
    assert response.status_code == 302
    rules = policies.find(draft.number).document["rules"]
    assert sorted(map(in_order, rules)) == sorted(map(in_order, draft.document["rules"]))


def test_a_level_is_changed_in_the_table(admin_web: Client, draft: Policy) -> None:
    address = f"/conformance/policies/{draft.number}"
    sent = form_of(admin_web, address) | {f"level-{SILVER}": "bronze", "days-gold": "7", "note": "Sooner"}
    page = text(admin_web.post(address, sent, follow=True))
    assert "The draft is saved." in page
    assert "silver in the version that holds" in page
    changed = policies.find(draft.number)
    assert {"check": SILVER, "level": "bronze"} in changed.document["rules"]
    assert (changed.document["waivers"]["maxDays"]["gold"], changed.note) == (7, "Sooner")


def test_an_exception_is_added_for_ticked_checks_and_removed(admin_web: Client, draft: Policy) -> None:
    make_service("ledger", lifecycle="experimental", type="worker")
    address = f"/conformance/policies/{draft.number}"
    ticked = [SILVER, next(iter(CHECKS))]
    sent = form_of(admin_web, address) | {
        "go": "except",
        "pick": ticked,
        "except-level": "gold",
        "except-lifecycles": ["experimental"],
        "except-tags": "beta, internal",
    }
    page = text(admin_web.post(address, sent, follow=True))
    assert page.count("Gold for lifecycle experimental, and tag beta or internal") == 2
    when = {"lifecycles": ["experimental"], "tags": ["beta", "internal"]}
    for check in ticked:
        rules = [rule for rule in policies.find(draft.number).document["rules"] if rule["check"] == check]
        assert rules[-2:] == [{"check": check, "level": "gold", "when": when}, rules[-1]]
        assert "when" not in rules[-1]
    keys = re.findall(rf'name="drop"\s+value="({SILVER}:\d+)"', page)
    admin_web.post(address, form_of(admin_web, address) | {"drop": keys[-1]})
    rules = [rule for rule in policies.find(draft.number).document["rules"] if rule["check"] == SILVER]
    assert [rule.get("when") for rule in rules] == [{"lifecycles": ["deprecated"]}, None]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days-silver": "0"}, "Longest waiver of a silver check: This must be 1 or more"),
        ({"days-silver": "9999"}, "366 or less"),
        ({"days-silver": "x"}, "1 or more"),
        ({"days-silver": "9" * 5000}, "1 or more"),
        ({"approvers": "anybody"}, "Choose one of"),
        ({f"level-{SILVER}": "platinum"}, "Choose one of"),
        ({"note": "x" * 301}, "Note: Use 0 to 300 characters"),
        ({"note": "a\x00b"}, "printable"),
        ({"go": "except"}, "Tick the checks"),
        ({"go": "except", "pick": SILVER}, "Say for which services"),
        ({"go": "except", "pick": SILVER, "except-tags": "a\x00b"}, "printable"),
        ({"go": "except", "pick": SILVER, "except-tags": "x", "except-level": "platinum"}, "Choose one of"),
    ],
)
def test_a_bad_answer_in_the_table_is_refused_and_kept(
    admin_web: Client, draft: Policy, changes: dict[str, str], words: str
) -> None:
    address = f"/conformance/policies/{draft.number}"
    sent = form_of(admin_web, address) | {"note": "Kept words"} | changes
    response = admin_web.post(address, sent)
    assert response.status_code == 422
    assert words in text(response)
    if "note" not in changes:
        assert 'value="Kept words"' in text(response)
    assert policies.find(draft.number).digest == draft.digest


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(admin_web: Client, draft: Policy) -> None:
    address = f"/conformance/policies/{draft.number}"
    sent = form_of(admin_web, address)
    admin_web.post(address, sent | {f"level-{SILVER}": "gold"})
    late = admin_web.post(address, sent | {f"level-{SILVER}": "none"})
    assert late.status_code == 409
    assert "Somebody else saved this draft meanwhile" in text(late)
    assert {"check": SILVER, "level": "gold"} in policies.find(draft.number).document["rules"]


def test_a_published_version_cannot_be_saved(admin_web: Client, draft: Policy) -> None:
    response = admin_web.post("/conformance/policies/1", {"seen": policies.published().digest, "approvers": "platform"})
    assert response.status_code in {409, 422}
    response = admin_web.post(
        "/conformance/policies/1/json",
        {"seen": policies.published().digest, "text": documents.shown(documents.built_in()), "note": ""},
    )
    assert response.status_code == 409
    assert "never changes" in text(response)


def test_experts_edit_json(admin_web: Client, draft: Policy) -> None:
    address = f"/conformance/policies/{draft.number}/json"
    given = documents.shown(draft.document).replace('"gold": 90', '"gold": 45')
    sent = {"text": given, "note": "As JSON", "seen": draft.digest}
    assert admin_web.post(address, sent).status_code == 302
    assert policies.find(draft.number).document["waivers"]["maxDays"]["gold"] == 45


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{", "This is not JSON"),
        ("[" * 50_000, "nested too deeply"),
        ('{"rules": [{"check": "no-such", "level": "gold"}]}', "waivers is missing"),
        ("x" * 300_000, "at most 256 KB"),
        ("<script>alert(1)</script>", "This is not JSON"),
    ],
)
def test_bad_json_is_refused_and_kept(admin_web: Client, draft: Policy, given: str, words: str) -> None:
    sent = {"text": given, "note": "", "seen": draft.digest}
    response = admin_web.post(f"/conformance/policies/{draft.number}/json", sent)
    assert response.status_code == 422
    assert words in text(response)
    assert "<script>alert" not in text(response)


def test_the_what_if_shows_who_falls_and_why(alice_web: Client, draft: Policy) -> None:
    make_service("ledger", results={SILVER: result("fail")}, level="gold")
    page = text(alice_web.get(f"/conformance/policies/{draft.number}/what-if"))
    assert "1 would fall" in page
    assert 'href="/conformance/services/default/ledger"' in page
    assert page.count(f'href="/conformance/checks/{SILVER}"') == 2
    assert "band-fall band-gold" in page
    assert 'name="over"' not in page


def test_the_what_if_of_an_empty_portal_says_so(alice_web: Client, draft: Policy) -> None:
    assert "there is nothing to try it on" in text(alice_web.get(f"/conformance/policies/{draft.number}/what-if"))


def test_the_what_if_of_a_fleet_is_one_page(admin_web: Client, draft: Policy) -> None:
    make_fleet(60)
    page = text(admin_web.get(f"/conformance/policies/{draft.number}/what-if"))
    assert "Levels, before and after" in page


def test_publishing_asks_first(admin_web: Client, draft: Policy) -> None:
    address = f"/conformance/policies/{draft.number}/publish"
    page = text(admin_web.get(address))
    assert 'name="over"' in page
    assert policies.published().number == 1
    page = text(admin_web.post(address, {"over": "1"}, follow=True))
    assert "Version 2 holds" in page
    assert admin_web.get(address).status_code == 409


@pytest.mark.parametrize("over", ["", "7", "x", "-1"])
def test_publishing_over_another_version_than_was_shown_is_refused(admin_web: Client, draft: Policy, over: str) -> None:
    page = text(admin_web.post(f"/conformance/policies/{draft.number}/publish", {"over": over}, follow=True))
    assert "was published meanwhile" in page
    assert policies.published().number == 1


def test_discarding_asks_first(admin_web: Client, draft: Policy) -> None:
    address = f"/conformance/policies/{draft.number}/discard"
    assert "deleted for good" in text(admin_web.get(address))
    assert Policy.objects.filter(pk=draft.pk).exists()
    admin_web.post(address)
    assert not Policy.objects.filter(pk=draft.pk).exists()
    assert admin_web.get(address).status_code == 404
    assert admin_web.post("/conformance/policies/1/discard").status_code == 409


def test_a_note_is_text_and_never_markup(admin_web: Client, draft: Policy) -> None:
    Policy.objects.filter(pk=draft.pk).update(note="<img src=x onerror=alert(1)>")
    for address in ("", "/2", "/2/json", "/2/what-if"):
        assert "<img src=x" not in text(admin_web.get(f"/conformance/policies{address}"))


def test_no_page_needs_more_queries_for_more_checks_or_drafts(
    admin_web: Client, draft: Policy, platform_admin: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        policies.create_draft(actor_for(platform_admin), documents.built_in(), str(number))
    make_fleet(30)
    for address in ("", f"/{draft.number}", f"/{draft.number}/json", f"/{draft.number}/what-if"):
        with django_assert_max_num_queries(10):
            admin_web.get(f"/conformance/policies{address}")
