from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from catalog.services import actor_for
from conformance.models import Delivery, Webhook
from conformance.services import deliveries, events, webhooks
from portal.foundation.models import User
from tests.conformance.fleet import make_service
from tests.conformance.services.receiver import Receiver, receiving


@pytest.fixture(autouse=True)
def private_addresses(settings: Settings) -> None:
    """The receivers of these tests are on this machine."""
    settings.GOLDPATH_WEBHOOK_PRIVATE = True


@pytest.fixture
def admin_web(platform_admin: User, signed_in: Callable[[User], Client]) -> Client:
    """A platform engineer's browser."""
    return signed_in(platform_admin)


@pytest.fixture
def receiver() -> Any:
    with receiving() as found:
        yield found


@pytest.fixture
def hook(platform_admin: User, receiver: Receiver) -> Webhook:
    """A webhook of the receiver."""
    return webhooks.create(actor_for(platform_admin), receiver.url)[0]


@pytest.fixture
def delivery(hook: Webhook) -> Delivery:
    """One that arrived."""
    events.record("level.changed", service=make_service("ledger"), body={"from": "gold", "to": "none"})
    deliveries.deliver_due()
    return Delivery.objects.get()


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_secret_is_shown_once(admin_web: Client, receiver: Receiver) -> None:
    response = admin_web.post("/conformance/webhooks", {"url": receiver.url, "kinds": ["level.changed"]})
    shown = re.search(r'id="command-secret">(whsec_[\w-]+)<', text(response))
    assert shown
    assert "no-store" in response.headers["Cache-Control"]
    hook = Webhook.objects.get()
    assert hook.kinds == ["level.changed"]
    for address in ("/conformance/webhooks", f"/conformance/webhooks/{hook.pk}"):
        page = text(admin_web.get(address))
        assert shown.group(1) not in page
        assert "whsec_" not in page
        assert hook.sealed_secret not in page


@pytest.mark.parametrize(
    "sent",
    [
        {"url": ""},
        {"url": "ftp://example.com"},
        {"url": "https://user:pass@example.com/"},
        {"url": "https://example.com/", "kinds": "no.such"},
        {"url": "https://example.com/\x00"},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(admin_web: Client, sent: dict[str, str]) -> None:
    response = admin_web.post("/conformance/webhooks", sent)
    assert response.status_code == 422
    assert 'id="url-error"' in text(response)
    assert not Webhook.objects.exists()


def test_the_metadata_service_is_refused(admin_web: Client, settings: Settings) -> None:
    settings.GOLDPATH_WEBHOOK_PRIVATE = False
    response = admin_web.post("/conformance/webhooks", {"url": "http://169.254.169.254/latest/meta-data"})
    assert response.status_code == 422
    assert "private network" in text(response)


def test_an_outsider_sees_and_changes_nothing(alice_web: Client, hook: Webhook, delivery: Delivery) -> None:
    page = f"/conformance/webhooks/{hook.pk}"
    for address in ("/conformance/webhooks", page, f"{page}/remove"):
        response = alice_web.get(address)
        assert response.status_code == 403
        assert hook.url not in text(response)
    for address in ("/conformance/webhooks", f"{page}/remove", f"{page}/active",
                    f"/conformance/deliveries/{delivery.pk}/redeliver"):  # fmt: skip
        assert alice_web.post(address, {"url": "https://example.com/"}).status_code == 403
    assert Webhook.objects.get().is_active
    assert "/conformance/webhooks" not in text(alice_web.get("/conformance/policies"))


def test_a_forged_form_is_refused(platform_admin: User, hook: Webhook) -> None:
    web = Client(enforce_csrf_checks=True)
    web.force_login(platform_admin)
    for address in ("", f"/{hook.pk}/remove", f"/{hook.pk}/active"):
        assert web.post(f"/conformance/webhooks{address}", {"url": "https://example.com/"}).status_code == 403
    assert Webhook.objects.count() == 1


def test_deliveries_are_listed_and_sent_again(
    admin_web: Client, hook: Webhook, delivery: Delivery, receiver: Receiver
) -> None:
    page = text(admin_web.get(f"/conformance/webhooks/{hook.pk}"))
    assert str(delivery.pk) in page
    assert "Answered 204" in page
    assert "1 delivered" in text(admin_web.get("/conformance/webhooks"))
    again = text(admin_web.post(f"/conformance/deliveries/{delivery.pk}/redeliver", follow=True))
    assert "under the same id" in again
    deliveries.deliver_due()
    assert receiver.deliveries() == [str(delivery.pk)] * 2


def test_a_failure_says_why_and_when_it_is_tried_again(admin_web: Client, hook: Webhook, receiver: Receiver) -> None:
    receiver.status = 500
    events.record("policy.published", body={})
    deliveries.deliver_due()
    page = text(admin_web.get(f"/conformance/webhooks/{hook.pk}?status=pending"))
    assert "It answered 500. Attempt 1 of 12, the next" in page
    assert "Try now" in page
    assert "No delivery is in this state." in text(admin_web.get(f"/conformance/webhooks/{hook.pk}?status=failed"))
    assert "1 pending" in text(admin_web.get("/conformance/webhooks"))


def test_sending_again_what_is_due_says_so(admin_web: Client, hook: Webhook) -> None:
    events.record("policy.published", body={})
    due = Delivery.objects.get()
    page = text(admin_web.post(f"/conformance/deliveries/{due.pk}/redeliver", follow=True))
    assert "due already" in page


def test_a_webhook_is_paused_and_goes_on(admin_web: Client, hook: Webhook) -> None:
    address = f"/conformance/webhooks/{hook.pk}"
    assert "Paused" in text(admin_web.post(f"{address}/active", {"active": "0"}, follow=True))
    assert not Webhook.objects.get().is_active
    admin_web.post(f"{address}/active", {"active": "1"})
    assert Webhook.objects.get().is_active


def test_removing_asks_first(admin_web: Client, hook: Webhook) -> None:
    address = f"/conformance/webhooks/{hook.pk}/remove"
    assert "Remove this webhook?" in text(admin_web.get(address))
    assert Webhook.objects.exists()
    admin_web.post(address)
    assert not Webhook.objects.exists()


def test_what_is_not_there(admin_web: Client) -> None:
    unknown = uuid.uuid4()
    assert admin_web.get(f"/conformance/webhooks/{unknown}").status_code == 404
    assert admin_web.post(f"/conformance/webhooks/{unknown}/remove").status_code == 404
    assert admin_web.post(f"/conformance/deliveries/{unknown}/redeliver").status_code == 404
    assert admin_web.get("/conformance/webhooks/not-a-uuid").status_code == 404


def test_an_address_is_text_and_never_markup(admin_web: Client, hook: Webhook) -> None:
    Webhook.objects.update(url="https://example.com/<script>alert(1)</script>")
    for address in ("/conformance/webhooks", f"/conformance/webhooks/{hook.pk}"):
        assert "<script>alert" not in text(admin_web.get(address))
