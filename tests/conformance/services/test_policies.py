from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from conformance import checks, documents
from conformance.examining.terms import Level
from conformance.grading import Traits, levels_for
from conformance.models import Event, Policy, Service
from conformance.services import policies
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from tests.conformance.fleet import make_service, result
from tests.conformance.services.meeting import at_once

pytestmark = pytest.mark.django_db

CHECKS = list(checks.registry())
PLAIN: dict[str, Any] = {
    "rules": [{"check": CHECKS[0], "level": "bronze"}],
    "waivers": {"maxDays": {"bronze": 30, "silver": 60, "gold": 90}, "approvers": "platform"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the plain document with one place replaced; a path such as `rules.0.level`."""
    document: Any = copy.deepcopy(PLAIN)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = document
    for step in steps:
        place = place[step]
    place[last] = value
    return dict(document)


def test_the_built_in_policy_asks_every_check_at_its_own_level() -> None:
    policy = policies.published()
    assert (policy.number, policy.status, policy.author_ref) == (1, "published", "")
    assert policies.published().pk == policy.pk
    asked = levels_for(policy.document, Traits(lifecycle="production"))
    assert asked == {check.id: check.level for check in checks.registry().values()}
    assert policies.validate(policy.document) == policy.document
    assert documents.unmentioned(policy.document) == []


def test_the_built_in_policy_asks_bronze_only_of_what_is_deprecated() -> None:
    asked = levels_for(policies.published().document, Traits(lifecycle="deprecated"))
    assert set(asked.values()) == {Level.BRONZE}
    assert set(asked) == {check.id for check in checks.registry().values() if check.level is Level.BRONZE}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (changed("rules.0.check", "readme-contents"), "Rule 1, check: There is no check called"),
        (changed("rules.0.check", "'; drop table policy; --"), "no check called"),
        (changed("rules.0.level", "platinum"), "Rule 1, level: Choose one of: none, bronze, silver, gold"),
        (changed("rules.0.level", None), "Choose one of"),
        (changed("rules.0.when", {"owners": ["x"]}), "owners means nothing here"),
        (changed("rules.0.when", {"types": "service"}), "This must be a list"),
        (changed("rules.0.when", {"types": []}), "at least one"),
        (changed("rules.0.when", {"tags": ["a\x00b"]}), "printable"),
        (changed("rules.0.when", {"tags": ["\ud800"]}), "printable"),
        (changed("rules.0.when", {"tags": [str(number) for number in range(51)]}), "at most 50"),
        (changed("rules", []), "at least one"),
        (changed("rules", {}), "This must be a list"),
        (changed("rules", [*PLAIN["rules"], *PLAIN["rules"]]), "Rule 2: This rule never applies: rule 1 decides"),
        (changed("rules", PLAIN["rules"] * 1001), "at most 1000"),
        (changed("waivers.approvers", "anybody"), "Choose one of: platform, owners-and-platform"),
        (changed("waivers.maxDays.silver", 0), "1 or more"),
        (changed("waivers.maxDays.silver", 36500), "366 or less"),
        (changed("waivers.maxDays.silver", True), "a whole number"),
        (changed("waivers.maxDays", {"bronze": 1}), "silver is missing"),
        (changed("waivers", None), "This must be an object"),
        ({"rules": PLAIN["rules"]}, "waivers is missing"),
        ({**PLAIN, "extra": 1}, "extra means nothing here"),
        ([], "This must be an object"),
        ("rules", "This must be an object"),
        (None, "This must be an object"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_a_policy_is_refused(document: Any, words: str, platform_acts: Actor) -> None:
    with pytest.raises(InputError) as refused:
        policies.create_draft(platform_acts, document, "")
    assert words in refused.value.message
    assert refused.value.fields
    assert not Policy.objects.filter(status="draft").exists()


def test_a_policy_that_names_an_unknown_check_hints_at_the_right_one() -> None:
    with pytest.raises(InputError, match=f"Did you mean {CHECKS[0]}"):
        policies.validate(changed("rules.0.check", CHECKS[0] + "s"))


def test_a_document_of_a_megabyte_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(InputError, match="at most 256 KB"):
        policies.validate(changed("rules.0.when", {"tags": ["x" * 1024 * 1024]}))
    with pytest.raises(InputError, match="at most 256 KB"):
        documents.parse("[" * 1024 * 1024)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"a": NaN}', "1" * 5000, "{'a': 1}", "\x00", '{"rules": Infinity}']
)
def test_text_that_is_no_json_is_refused_with_words(text: str) -> None:
    with pytest.raises(InputError, match=r"not JSON|cannot be a policy"):
        documents.parse(text)


def test_what_is_shown_for_editing_is_what_is_stored() -> None:
    document = policies.published().document
    assert documents.parse(documents.shown(document)) == document


def test_a_draft_is_made_changed_and_published(platform_acts: Actor) -> None:
    draft = policies.create_draft(platform_acts, PLAIN, " Fewer checks ")
    assert (draft.number, draft.status, draft.note, draft.author_ref) == (
        2,
        "draft",
        "Fewer checks",
        "user:default/admin",
    )
    changes = changed("rules.0.level", "gold")
    policies.update_draft(platform_acts, draft, changes, "Fewer still", seen=draft.digest)
    assert draft.document["rules"][0]["level"] == "gold"
    policies.publish(platform_acts, draft, over=1)
    assert policies.published().number == 2
    assert policies.find(1).status == "retired"
    event = Event.objects.get()
    assert (event.kind, event.actor_ref) == ("policy.published", platform_acts.user_ref)
    assert (event.body["policy"], event.body["replaces"]) == (2, 1)


@pytest.mark.parametrize("who", ["alice_acts", "charlie_acts"])
def test_only_platform_engineers_change_the_policy(
    who: str, platform_acts: Actor, request: pytest.FixtureRequest
) -> None:
    actor: Actor = request.getfixturevalue(who)
    draft = policies.create_draft(platform_acts, PLAIN, "")
    with pytest.raises(NotAllowedError):
        policies.create_draft(actor, PLAIN, "")
    with pytest.raises(NotAllowedError):
        policies.update_draft(actor, draft, changed("rules.0.level", "gold"), "")
    with pytest.raises(NotAllowedError):
        policies.publish(actor, draft)
    with pytest.raises(NotAllowedError):
        policies.discard(actor, draft)
    assert policies.find(draft.number).document == PLAIN
    assert policies.published().number == 1


def test_a_published_version_never_changes(platform_acts: Actor) -> None:
    policy = policies.published()
    for call in (
        lambda: policies.update_draft(platform_acts, policy, PLAIN, ""),
        lambda: policies.publish(platform_acts, policy),
        lambda: policies.discard(platform_acts, policy),
    ):
        with pytest.raises(ConflictError):
            call()
    assert policies.find(1).digest == policy.digest


def test_saving_over_what_somebody_else_saved_is_refused(platform_acts: Actor) -> None:
    draft = policies.create_draft(platform_acts, PLAIN, "")
    seen = draft.digest
    policies.update_draft(platform_acts, draft, changed("rules.0.level", "silver"), "first", seen=seen)
    with pytest.raises(ConflictError, match="meanwhile"):
        policies.update_draft(platform_acts, draft, changed("rules.0.level", "gold"), "second", seen=seen)
    assert policies.find(draft.number).note == "first"


def test_a_discarded_draft_is_gone(platform_acts: Actor) -> None:
    draft = policies.create_draft(platform_acts, PLAIN, "")
    policies.discard(platform_acts, draft)
    with pytest.raises(NotFoundError):
        policies.find(draft.number)
    with pytest.raises(ConflictError):
        policies.discard(platform_acts, draft)
    with pytest.raises(NotFoundError):
        policies.publish(platform_acts, draft)


def test_publishing_while_another_was_published_is_refused(platform_acts: Actor) -> None:
    first = policies.create_draft(platform_acts, PLAIN, "")
    second = policies.create_draft(platform_acts, changed("rules.0.level", "gold"), "")
    policies.publish(platform_acts, first, over=1)
    with pytest.raises(ConflictError, match="Version 2 was published meanwhile"):
        policies.publish(platform_acts, second, over=1)
    assert policies.published().number == first.number


def test_a_draft_whose_check_is_gone_cannot_be_published(platform_acts: Actor) -> None:
    draft = policies.create_draft(platform_acts, PLAIN, "")
    Policy.objects.filter(pk=draft.pk).update(document=changed("rules.0.check", "check-of-old"))
    with pytest.raises(InputError, match="no check called check-of-old"):
        policies.publish(platform_acts, draft)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_wins(platform_acts: Actor) -> None:
    drafts = [policies.create_draft(platform_acts, PLAIN, str(number)) for number in range(2)]
    raised = at_once(*(lambda draft=draft: policies.publish(platform_acts, draft, over=1) for draft in drafts))
    assert [type(error) for error in raised if error] == [ConflictError]
    assert Policy.objects.filter(status="published").count() == 1
    assert Event.objects.filter(kind="policy.published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_readers_make_one_built_in_policy() -> None:
    assert at_once(policies.published, policies.published, policies.published) == [None] * 3
    assert Policy.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_drafts_made_at_once_have_numbers_of_their_own(platform_acts: Actor) -> None:
    policies.published()
    make = [lambda: policies.create_draft(platform_acts, PLAIN, "")] * 3
    assert at_once(*make) == [None] * 3
    assert sorted(Policy.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_publishing_restates_every_service(platform_acts: Actor) -> None:
    policies.published()
    service = make_service("ledger", results={CHECKS[0]: result("fail")})
    assert service.level == "none"
    everything_else = {**PLAIN, "rules": [{"check": CHECKS[1], "level": "gold"}]}
    policies.publish(platform_acts, policies.create_draft(platform_acts, everything_else, ""))
    assert list(policies.unsettled()) == [service]
    assert policies.settle() == 1
    service.refresh_from_db()
    assert (service.level, service.policy) == ("gold", policies.published())
    assert policies.settle() == 0


def test_a_service_that_cannot_be_restated_does_not_stop_the_others(
    platform_acts: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies.published()
    broken, whole = make_service("broken"), make_service("whole")
    assert broken.snapshot is not None
    broken.snapshot.results = {CHECKS[0]: "no result at all"}
    broken.snapshot.save()
    policies.publish(platform_acts, policies.create_draft(platform_acts, PLAIN, ""))
    assert policies.settle() == 1
    whole.refresh_from_db()
    assert whole.policy == policies.published()
    assert Service.objects.get(pk=broken.pk).policy != whole.policy


def test_a_note_is_one_line_of_text(platform_acts: Actor) -> None:
    for note in ("x" * 301, "two\nlines", "zero\x00byte"):
        with pytest.raises(InputError):
            policies.create_draft(platform_acts, PLAIN, note)


def test_json_of_the_api_and_of_the_page_is_one(platform_acts: Actor) -> None:
    draft = policies.create_draft(platform_acts, json.loads(json.dumps(PLAIN)), "")
    assert draft.digest == documents.digest_of(PLAIN)
