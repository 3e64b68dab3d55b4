from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from conformance.models import Event, Policy, Service, Verdict, Waiver
from conformance.services import standing, waivers
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, GoldpathError, InputError, NotAllowedError
from tests.conformance.fleet import make_service, result
from tests.conformance.services.conftest import BRONZE, MANIFEST, SILVER, WORKFLOW
from tests.conformance.services.meeting import at_once

pytestmark = pytest.mark.django_db

REASON = "The vendor pins it next month, ticket 4711."


def in_days(days: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(days=days)


def ask(actor: Actor, service: Service, **changes: Any) -> Waiver:
    given: dict[str, Any] = {"check_id": SILVER, "path": "", "reason": REASON, "expires_at": in_days(20)} | changes
    return waivers.request(actor, service, **given)


def standing_of(service: Service, check: str = SILVER) -> str:
    return Verdict.objects.get(service=service, check_id=check).standing


def only_platform_decides() -> None:
    policy = Policy.objects.get(status="published")
    policy.document["waivers"]["approvers"] = "platform"
    policy.save()


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_a_waiver_is_asked_for_approved_and_counted_apart(
    ledger: Service, alice_acts: Actor, platform_acts: Actor
) -> None:
    assert ledger.level == "bronze"
    waiver = ask(alice_acts, ledger)
    assert (waiver.status, standing_of(ledger)) == ("requested", "fail")
    waivers.approve(platform_acts, waiver, "Fine until the vendor moves.")
    ledger.refresh_from_db()
    verdict = Verdict.objects.get(service=ledger, check_id=SILVER)
    assert (verdict.standing, verdict.waiver, ledger.level, ledger.waived) == ("waived", waiver, "gold", 1)
    assert kinds() == ["waiver.requested", "waiver.approved", "level.changed"]
    approved = Event.objects.get(kind="waiver.approved")
    assert approved.actor_ref == platform_acts.user_ref
    assert approved.body["waiver"] == waiver.pk
    assert approved.body["decision"] == "Fine until the vendor moves."


def test_a_waiver_of_each_path_waives_the_whole(ledger: Service, alice_acts: Actor, platform_acts: Actor) -> None:
    waivers.approve(platform_acts, ask(alice_acts, ledger, path=WORKFLOW))
    assert standing_of(ledger) == "fail"
    waivers.approve(platform_acts, ask(alice_acts, ledger, path=MANIFEST))
    assert standing_of(ledger) == "waived"


@pytest.mark.parametrize("who", ["alice_acts", "platform_acts"])
def test_self_approval_is_refused_even_to_platform_engineers(
    ledger: Service, who: str, request: pytest.FixtureRequest
) -> None:
    actor: Actor = request.getfixturevalue(who)
    waiver = ask(actor, ledger)
    for decide in (waivers.approve, waivers.reject):
        with pytest.raises(NotAllowedError, match="somebody else"):
            decide(actor, waiver, "I am sure that it is fine.")
    assert not waivers.may_decide(actor, waiver)
    waiver.refresh_from_db()
    assert waiver.status == "requested"


def test_an_outsider_may_neither_ask_nor_decide_nor_end(
    ledger: Service, alice_acts: Actor, charlie_acts: Actor, platform_acts: Actor
) -> None:
    with pytest.raises(NotAllowedError):
        ask(charlie_acts, ledger)
    waiver = ask(alice_acts, ledger)
    for verb in (waivers.approve, waivers.reject, waivers.revoke):
        with pytest.raises(NotAllowedError):
            verb(charlie_acts, waiver, "Because I can.")
    with pytest.raises(NotAllowedError):
        waivers.withdraw(charlie_acts, waiver)
    waivers.approve(platform_acts, waiver)
    with pytest.raises(NotAllowedError):
        waivers.revoke(charlie_acts, waiver, "Because I can.")
    assert standing_of(ledger) == "waived"


def test_another_member_decides_only_where_the_policy_says_so(
    ledger: Service, alice_acts: Actor, bob_acts: Actor
) -> None:
    waiver = ask(alice_acts, ledger)
    assert waivers.may_decide(bob_acts, waiver)
    only_platform_decides()
    assert not waivers.may_decide(bob_acts, waiver)
    with pytest.raises(NotAllowedError, match="does not name you"):
        waivers.approve(bob_acts, waiver)


def test_a_colleague_approves_under_owners_and_platform(ledger: Service, alice_acts: Actor, bob_acts: Actor) -> None:
    waivers.approve(bob_acts, ask(alice_acts, ledger))
    assert standing_of(ledger) == "waived"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expires_at": dt.timedelta(seconds=-1)}, "expires_at"),
        ({"expires_at": dt.timedelta(0)}, "expires_at"),
        ({"expires_at": dt.timedelta(days=60, seconds=30)}, "expires_at"),
        ({"expires_at": dt.timedelta(days=36500)}, "expires_at"),
        ({"reason": ""}, "reason"),
        ({"reason": "   \n  "}, "reason"),
        ({"reason": "because"}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "A zero byte: \x00 is no text."}, "reason"),
        ({"reason": "Turned round: \u202e evil."}, "reason"),
        ({"path": "README.md"}, "path"),
        ({"path": "../../etc/passwd"}, "path"),
    ],
    ids=["past", "now", "longer than allowed", "for ever", "empty", "blank", "short", "long", "zero byte",
         "bidi override", "path without failure", "path outside"],
)  # fmt: skip
def test_a_bad_request_is_refused_by_field(
    ledger: Service, alice_acts: Actor, changes: dict[str, Any], field: str
) -> None:
    if isinstance(changes.get("expires_at"), dt.timedelta):
        changes = {**changes, "expires_at": timezone.now() + changes["expires_at"]}
    with pytest.raises(InputError) as refused:
        ask(alice_acts, ledger, **changes)
    assert [error.path for error in refused.value.fields] == [(field,)]
    assert not Waiver.objects.exists()
    assert not Event.objects.exists()


def test_a_date_without_a_time_zone_is_refused(ledger: Service, alice_acts: Actor) -> None:
    with pytest.raises(InputError, match="time zone"):
        ask(alice_acts, ledger, expires_at=dt.datetime(2099, 1, 1))


def test_the_longest_time_is_that_of_the_checks_level(people: dict[str, Any], alice_acts: Actor) -> None:
    service = make_service("till", results={BRONZE: result("fail", "No owner.")})
    with pytest.raises(InputError, match="at most 30 days"):
        ask(alice_acts, service, check_id=BRONZE, expires_at=in_days(31))
    assert ask(alice_acts, service, check_id=BRONZE, expires_at=in_days(29)).status == "requested"


@pytest.mark.parametrize("verdict", ["pass", "not-applicable", "error"])
def test_a_waiver_for_a_check_that_does_not_fail_is_refused(
    people: dict[str, Any], alice_acts: Actor, verdict: str
) -> None:
    service = make_service("till", results={SILVER: result(verdict)})
    with pytest.raises(ConflictError, match="does not fail"):
        ask(alice_acts, service)


def test_a_waiver_for_what_the_policy_does_not_ask_is_refused(ledger: Service, alice_acts: Actor) -> None:
    with pytest.raises(ConflictError, match="does not ask"):
        ask(alice_acts, ledger, check_id="no-such-check")


def test_a_service_that_was_never_scanned_has_nothing_to_waive(people: dict[str, Any], alice_acts: Actor) -> None:
    with pytest.raises(ConflictError):
        ask(alice_acts, make_service("till", is_scanned=False))


def test_a_second_request_for_the_same_failure_is_refused(ledger: Service, alice_acts: Actor, bob_acts: Actor) -> None:
    ask(alice_acts, ledger)
    with pytest.raises(ConflictError, match="already"):
        ask(bob_acts, ledger)
    assert ask(bob_acts, ledger, path=WORKFLOW).status == "requested"


def test_a_waived_failure_needs_no_second_waiver(ledger: Service, alice_acts: Actor, platform_acts: Actor) -> None:
    waivers.approve(platform_acts, ask(alice_acts, ledger))
    with pytest.raises(ConflictError, match="waived already"):
        ask(alice_acts, ledger, path=WORKFLOW)


def test_a_rejected_request_says_why_and_makes_room(ledger: Service, alice_acts: Actor, platform_acts: Actor) -> None:
    waiver = ask(alice_acts, ledger)
    with pytest.raises(InputError):
        waivers.reject(platform_acts, waiver, "  ")
    waivers.reject(platform_acts, waiver, "Pin it instead, the page says how.")
    assert (waiver.status, waiver.approver_ref) == ("rejected", platform_acts.user_ref)
    assert ask(alice_acts, ledger).pk != waiver.pk


def test_only_the_requester_withdraws_and_only_before_the_decision(
    ledger: Service, alice_acts: Actor, bob_acts: Actor, platform_acts: Actor
) -> None:
    waiver = ask(alice_acts, ledger)
    for other in (bob_acts, platform_acts):
        with pytest.raises(NotAllowedError):
            waivers.withdraw(other, waiver)
    waivers.withdraw(alice_acts, waiver)
    assert waiver.status == "withdrawn"
    with pytest.raises(ConflictError, match="withdrawn by now"):
        waivers.approve(platform_acts, waiver)
    waiver = ask(alice_acts, ledger)
    waivers.approve(platform_acts, waiver)
    with pytest.raises(ConflictError):
        waivers.withdraw(alice_acts, waiver)


def test_a_revoked_waiver_covers_no_more(ledger: Service, alice_acts: Actor, platform_acts: Actor) -> None:
    waiver = ask(alice_acts, ledger)
    with pytest.raises(ConflictError):
        waivers.revoke(platform_acts, waiver, "Not even approved.")
    waivers.approve(platform_acts, waiver)
    waivers.revoke(platform_acts, waiver, "An incident came of it.")
    ledger.refresh_from_db()
    assert (waiver.status, standing_of(ledger), ledger.level) == ("revoked", "fail", "bronze")
    assert waiver.approver_ref == platform_acts.user_ref
    assert Event.objects.get(kind="waiver.revoked").body["decision"] == "An incident came of it."


def test_a_waiver_ends_at_its_date(ledger: Service, alice_acts: Actor, platform_acts: Actor) -> None:
    waiver = ask(alice_acts, ledger, expires_at=in_days(5))
    waivers.approve(platform_acts, waiver)
    assert waivers.expire_due() == 0
    with time_machine.travel(in_days(5.1), tick=False):
        assert waivers.covers_of([ledger.pk]) == {}
        assert waivers.expire_due() == 1
        assert waivers.expire_due() == 0
    waiver.refresh_from_db()
    ledger.refresh_from_db()
    assert (waiver.status, standing_of(ledger), ledger.level) == ("expired", "fail", "bronze")
    assert Event.objects.get(kind="waiver.expired").actor_ref == ""


def test_a_request_that_nobody_decides_ends_too(ledger: Service, alice_acts: Actor, platform_acts: Actor) -> None:
    waiver = ask(alice_acts, ledger, expires_at=in_days(5))
    with time_machine.travel(in_days(6), tick=False):
        with pytest.raises(ConflictError, match="has passed"):
            waivers.approve(platform_acts, waiver)
        assert waivers.expire_due() == 1
    waiver.refresh_from_db()
    assert (waiver.status, waiver.approver_ref) == ("rejected", "")
    assert "Nobody decided" in waiver.decision


def changed_failure(service: Service, *paths: str, verdict: str = "fail") -> None:
    """Let the next scan find something else."""
    snapshot = service.snapshot
    assert snapshot is not None
    snapshot.results[SILVER] = result(verdict, "Another place is not pinned.", *paths)
    snapshot.save()


@pytest.mark.parametrize("verdict", ["fail", "pass"])
def test_a_waiver_lapses_when_the_evidence_changes(
    ledger: Service, alice_acts: Actor, platform_acts: Actor, verdict: str
) -> None:
    waiver = ask(alice_acts, ledger)
    waivers.approve(platform_acts, waiver)
    changed_failure(ledger, "Makefile", verdict=verdict)
    standing.restate(ledger)
    waiver.refresh_from_db()
    assert (waiver.status, standing_of(ledger)) == ("lapsed", verdict)
    assert "waiver.lapsed" in kinds()
    assert not waivers.lapse(waiver)


def test_a_waiver_stays_while_a_check_is_inconclusive(ledger: Service, alice_acts: Actor, platform_acts: Actor) -> None:
    waiver = ask(alice_acts, ledger)
    waivers.approve(platform_acts, waiver)
    changed_failure(ledger, verdict="error")
    standing.restate(ledger)
    waiver.refresh_from_db()
    assert waiver.status == "approved"


def test_a_request_for_a_failure_that_changed_cannot_be_approved(
    ledger: Service, alice_acts: Actor, platform_acts: Actor
) -> None:
    waiver = ask(alice_acts, ledger)
    changed_failure(ledger, "Makefile")
    standing.restate(ledger)
    with pytest.raises(ConflictError, match="has changed"):
        waivers.approve(platform_acts, waiver)
    assert standing_of(ledger) == "fail"


def test_approval_respects_a_policy_that_became_stricter(
    ledger: Service, alice_acts: Actor, platform_acts: Actor
) -> None:
    waiver = ask(alice_acts, ledger, expires_at=in_days(50))
    policy = Policy.objects.get(status="published")
    policy.document["waivers"]["maxDays"]["silver"] = 10
    policy.save()
    with pytest.raises(ConflictError, match="at most 10 days"):
        waivers.approve(platform_acts, waiver)


def test_a_waiver_of_one_service_says_nothing_of_another(
    ledger: Service, alice_acts: Actor, platform_acts: Actor
) -> None:
    other = make_service("till", results={SILVER: result("fail", "Two places are not pinned.", WORKFLOW, MANIFEST)})
    waivers.approve(platform_acts, ask(alice_acts, ledger))
    standing.restate(other)
    assert standing_of(other) == "fail"
    assert set(waivers.covers_of([ledger.pk, other.pk])) == {ledger.pk}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins(
    ledger: Service, alice_acts: Actor, bob_acts: Actor, platform_acts: Actor
) -> None:
    waiver = ask(alice_acts, ledger)
    raised = at_once(
        lambda: waivers.approve(platform_acts, waivers.find(waiver.pk)),
        lambda: waivers.approve(bob_acts, waivers.find(waiver.pk)),
        lambda: waivers.reject(bob_acts, waivers.find(waiver.pk), "No."),
    )
    losers = [error for error in raised if error is not None]
    assert len(losers) == 2
    assert all(isinstance(error, ConflictError) for error in losers), losers
    decided = Event.objects.filter(kind__in=["waiver.approved", "waiver.rejected"])
    assert decided.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_gets_the_waiver(ledger: Service, alice_acts: Actor, bob_acts: Actor) -> None:
    raised = at_once(lambda: ask(alice_acts, ledger), lambda: ask(bob_acts, ledger))
    assert [type(error) for error in raised if error] == [ConflictError]
    assert Waiver.objects.count() == 1


def test_errors_are_for_people(ledger: Service, charlie_acts: Actor) -> None:
    with pytest.raises(GoldpathError, match="group:default/payments"):
        ask(charlie_acts, ledger)
