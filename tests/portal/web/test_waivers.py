from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.services import actor_for
from conformance.examining.terms import Level
from conformance.models import Policy, Service, Verdict, Waiver
from conformance.services import waivers
from portal.foundation.models import User
from tests.conformance.fleet import check_levels, make_service, result

SILVER = next(check for check, level in check_levels().items() if level is Level.SILVER)
GOLD = next(check for check, level in check_levels().items() if level is Level.GOLD)
PATHS = (".github/workflows/ci.yaml", "Makefile")
ADDRESS = f"/conformance/waivers/new?service=component:default/ledger&check={SILVER}"
REASON = "The vendor pins it next month, ticket 4711."


@pytest.fixture
def admin_web(platform_admin: User, signed_in: Callable[[User], Client]) -> Client:
    """A platform engineer's browser."""
    return signed_in(platform_admin)


@pytest.fixture
def bob_web(bob: User, signed_in: Callable[[User], Client]) -> Client:
    """The browser of Alice's colleague."""
    return signed_in(bob)


@pytest.fixture
def ledger(people: dict[str, User]) -> Service:
    """A service of payments with a failing silver check."""
    return make_service("ledger", results={SILVER: result("fail", "Two places are not pinned.", *PATHS)})


@pytest.fixture
def waiver(alice: User, ledger: Service) -> Waiver:
    """What Alice asked for."""
    ends = timezone.now() + dt.timedelta(days=20)
    return waivers.request(actor_for(alice), ledger, SILVER, "", REASON, ends)


def text(response: Any) -> str:
    return str(response.content.decode())


def day(days: int) -> str:
    return (timezone.now().date() + dt.timedelta(days=days)).isoformat()


def answers(**changes: str) -> dict[str, str]:
    return {"path": "", "reason": REASON, "until": day(20)} | changes


def status_of(waiver: Waiver) -> str:
    return Waiver.objects.get(pk=waiver.pk).status


def only_platform_decides() -> None:
    policy = Policy.objects.get(status="published")
    policy.document["waivers"]["approvers"] = "platform"
    policy.save()


def test_a_waiver_is_asked_for_in_a_form(alice_web: Client, ledger: Service) -> None:
    page = text(alice_web.get(ADDRESS))
    assert "Two places are not pinned." in page
    assert f"/git/default/ledger/file/{PATHS[0]}?ref=" in page
    assert f'max="{day(60)}"' in page
    assert f'min="{day(1)}"' in page
    response = alice_web.post(ADDRESS, answers(path=PATHS[1]), follow=True)
    made = Waiver.objects.get()
    assert response.redirect_chain[-1][0] == f"/conformance/waivers/{made.pk}"
    assert (made.path, made.requester_ref, made.expires_at.isoformat()) == (
        PATHS[1],
        "user:default/alice",
        f"{day(20)}T00:00:00+00:00",
    )
    assert "Withdraw the request" in text(response)


def test_the_path_of_the_address_is_chosen(alice_web: Client, ledger: Service) -> None:
    page = text(alice_web.get(f"{ADDRESS}&path={PATHS[1]}"))
    assert f'value="{PATHS[1]}" checked' in page


def test_the_last_day_that_the_form_offers_is_allowed(alice_web: Client, ledger: Service) -> None:
    assert alice_web.post(ADDRESS, answers(until=day(60))).status_code == 302


@pytest.mark.parametrize(
    ("changes", "control"),
    [
        ({"until": day(-1)}, "until"),
        ({"until": day(0)}, "until"),
        ({"until": day(61)}, "until"),
        ({"until": "9999-12-31"}, "until"),
        ({"until": ""}, "until"),
        ({"until": "soon"}, "until"),
        ({"until": "2026-02-30"}, "until"),
        ({"until": "\x00"}, "until"),
        ({"reason": ""}, "reason"),
        ({"reason": "no"}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "zero \x00 byte in words"}, "reason"),
        ({"path": "../../etc/passwd"}, "path"),
    ],
)
def test_a_bad_request_is_refused_and_kept(
    alice_web: Client, ledger: Service, changes: dict[str, str], control: str
) -> None:
    response = alice_web.post(ADDRESS, answers(**changes))
    assert response.status_code == 422
    assert f'href="#{control}"' in text(response)
    if control != "reason":
        assert REASON in text(response)
    assert not Waiver.objects.exists()


def test_a_waiver_for_a_passing_check_is_refused(alice_web: Client, ledger: Service) -> None:
    passing = ADDRESS.replace(SILVER, GOLD)
    for response in (alice_web.get(passing), alice_web.post(passing, answers())):
        assert response.status_code == 409
        assert "nothing to waive" in text(response)


def test_a_second_request_is_refused_with_words(alice_web: Client, waiver: Waiver) -> None:
    response = alice_web.post(ADDRESS, answers())
    assert response.status_code == 409
    assert "already" in text(response)


@pytest.mark.parametrize(
    "address",
    [
        "/conformance/waivers/new",
        "/conformance/waivers/new?service=component:default/nowhere&check=x",
        "/conformance/waivers/new?service=%27%20or%201=1",
        "/conformance/waivers/99999",
        "/conformance/waivers/" + "9" * 18,
    ],
)
def test_what_is_not_there(alice_web: Client, ledger: Service, address: str) -> None:
    assert alice_web.get(address).status_code == 404


def test_without_a_check_the_failing_ones_are_offered(alice_web: Client, ledger: Service) -> None:
    page = text(alice_web.get("/conformance/waivers/new?service=component:default/ledger"))
    assert f"check={SILVER}" in page
    assert f"check={GOLD}" not in page


def test_an_outsider_may_read_and_neither_ask_nor_decide(charlie_web: Client, waiver: Waiver, ledger: Service) -> None:
    assert REASON in text(charlie_web.get(f"/conformance/waivers/{waiver.pk}"))
    assert charlie_web.get(ADDRESS).status_code == 403
    assert charlie_web.post(ADDRESS, answers()).status_code == 403
    for verb in ("approve", "reject", "withdraw", "revoke"):
        response = charlie_web.post(f"/conformance/waivers/{waiver.pk}/{verb}", {"decision": "Mine."})
        assert response.status_code == 403
    assert status_of(waiver) == "requested"


def test_self_approval_is_refused(alice_web: Client, waiver: Waiver) -> None:
    page = text(alice_web.get(f"/conformance/waivers/{waiver.pk}"))
    assert "/approve" not in page
    response = alice_web.post(f"/conformance/waivers/{waiver.pk}/approve", {"decision": "Fine by me."})
    assert response.status_code == 403
    assert "somebody else has to decide" in text(response)


def test_a_colleague_decides_where_the_policy_says_so(bob_web: Client, waiver: Waiver, ledger: Service) -> None:
    only_platform_decides()
    address = f"/conformance/waivers/{waiver.pk}"
    assert "It is decided by platform engineers." in text(bob_web.get(address))
    assert bob_web.post(f"{address}/approve").status_code == 403
    policy = Policy.objects.get(status="published")
    policy.document["waivers"]["approvers"] = "owners-and-platform"
    policy.save()
    assert "Approve" in text(bob_web.get(address))
    page = text(bob_web.post(f"{address}/approve", {"decision": "Until the vendor moves."}, follow=True))
    assert "counts as waived" in page
    assert "Until the vendor moves." in page
    assert Verdict.objects.get(service=ledger, check_id=SILVER).standing == "waived"


def test_rejecting_needs_words(admin_web: Client, waiver: Waiver) -> None:
    address = f"/conformance/waivers/{waiver.pk}/reject"
    response = admin_web.post(address, {"decision": " "})
    assert response.status_code == 422
    assert 'id="decision-error"' in text(response)
    assert "Rejected" in text(admin_web.post(address, {"decision": "Pin it instead."}, follow=True))
    assert status_of(waiver) == "rejected"


def test_the_history_tells_who_did_what(alice_web: Client, admin_web: Client, waiver: Waiver) -> None:
    admin_web.post(f"/conformance/waivers/{waiver.pk}/approve", {"decision": "Fine."})
    alice_web.post(f"/conformance/waivers/{waiver.pk}/revoke", {"decision": "It is fixed."})
    page = text(alice_web.get(f"/conformance/waivers/{waiver.pk}"))
    order = [page.index(words) for words in ("Waiver requested by", "Waiver approved by", "Waiver revoked by")]
    assert order == sorted(order)
    assert "It is fixed." in page


def test_deciding_twice_is_refused_with_words(admin_web: Client, bob_web: Client, waiver: Waiver) -> None:
    admin_web.post(f"/conformance/waivers/{waiver.pk}/approve")
    page = text(bob_web.post(f"/conformance/waivers/{waiver.pk}/reject", {"decision": "No."}, follow=True))
    assert "This waiver is approved by now" in page
    assert status_of(waiver) == "approved"


def test_a_request_is_withdrawn(alice_web: Client, waiver: Waiver) -> None:
    assert "Withdrawn" in text(alice_web.post(f"/conformance/waivers/{waiver.pk}/withdraw", follow=True))
    assert status_of(waiver) == "withdrawn"


def test_a_forged_form_is_refused(platform_admin: User, alice: User, waiver: Waiver) -> None:
    for user, address in ((alice, ADDRESS), (platform_admin, f"/conformance/waivers/{waiver.pk}/approve")):
        web = Client(enforce_csrf_checks=True)
        web.force_login(user)
        assert web.post(address, answers()).status_code == 403
    assert (status_of(waiver), Waiver.objects.count()) == ("requested", 1)


def test_a_decision_by_a_link_is_refused(admin_web: Client, waiver: Waiver) -> None:
    assert admin_web.get(f"/conformance/waivers/{waiver.pk}/approve").status_code == 405
    assert admin_web.post(f"/conformance/waivers/{waiver.pk}/delete").status_code == 404


def test_the_list_counts_apart_and_can_be_restricted(alice_web: Client, waiver: Waiver) -> None:
    other = make_service("vault", results={GOLD: result("fail")}, owner_ref="group:default/identity")
    Waiver.objects.create(
        service=other, check_id=GOLD, reason=REASON, requester_ref="user:default/charlie", status="approved",
        approver_ref="user:default/admin", evidence_digest="x", expires_at=timezone.now() + dt.timedelta(days=3),
    )  # fmt: skip
    page = text(alice_web.get("/conformance/waivers"))
    assert "Ledger" in page or "ledger" in page
    assert 'Requested <span class="count">1</span>' in page
    assert 'Approved <span class="count">1</span>' in page
    for query, shown, hidden in (
        ("status=approved", "vault", "ledger"),
        ("status=requested", "ledger", "vault"),
        ("team=group:default/identity", "vault", "ledger"),
        (f"check={SILVER}", "ledger", "vault"),
    ):
        listed = text(alice_web.get(f"/conformance/waivers?{query}"))
        assert f"{shown}, " in listed, query
        assert f"{hidden}, " not in listed, query
    nothing = text(alice_web.get(f"/conformance/waivers?team=group:default/identity&check={SILVER}"))
    assert "No waiver fits these filters." in nothing
    assert alice_web.get("/conformance/waivers?status=bogus&page=999&team=%27").status_code == 200


def test_what_waits_for_the_reader_comes_first(
    alice_web: Client, bob_web: Client, admin_web: Client, charlie_web: Client, waiver: Waiver
) -> None:
    heading = "Waiting for you"
    shown = [heading in text(web.get("/conformance/waivers")) for web in (alice_web, bob_web, admin_web, charlie_web)]
    assert shown == [False, True, True, False]
    only_platform_decides()
    assert heading not in text(bob_web.get("/conformance/waivers"))


def test_an_empty_list_says_how_to_begin(alice_web: Client) -> None:
    assert "Nobody has asked for a waiver yet." in text(alice_web.get("/conformance/waivers"))


def test_a_reason_is_text_and_never_markup(alice_web: Client, ledger: Service) -> None:
    page = text(alice_web.post(ADDRESS, answers(reason="<script>alert(1)</script> soon"), follow=True))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_waiver_of_a_check_that_is_gone_can_still_be_read(alice_web: Client, waiver: Waiver) -> None:
    Waiver.objects.update(check_id="check-of-old")
    page = text(alice_web.get(f"/conformance/waivers/{waiver.pk}"))
    assert "does not ask this check of the service any more" in page
    assert alice_web.get("/conformance/waivers").status_code == 200


def test_a_list_of_many_needs_as_many_queries_as_a_list_of_one(
    admin_web: Client, waiver: Waiver, django_assert_max_num_queries: Any
) -> None:
    ends = timezone.now() + dt.timedelta(days=3)
    for number in range(30):
        service = make_service(f"till-{number}", results={GOLD: result("fail")})
        Waiver.objects.create(
            service=service, check_id=GOLD, reason=REASON, requester_ref="user:default/bob", evidence_digest="x",
            expires_at=ends,
        )  # fmt: skip
    with django_assert_max_num_queries(12):
        page = text(admin_web.get("/conformance/waivers"))
    assert "Page 1 of 2" in page
    with django_assert_max_num_queries(12):
        admin_web.get(f"/conformance/waivers/{waiver.pk}")
