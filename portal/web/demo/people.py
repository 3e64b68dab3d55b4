"""The demo teams, people and systems of `docs/demo/catalog`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from catalog.models import Entity
from catalog.services import parse_descriptor, upsert_entities
from portal.foundation.models import User

LOCATION = "file:docs/demo/catalog"


def load_people() -> list[Entity]:
    """Bring the demo entities into the catalog and make an account for each demo person; return the entities.

    Doing it again changes nothing. The accounts have no password: they sign in from the sign-in page of a demo
    installation, or with a one-time link.
    """
    folder = settings.BASE_DIR / "docs" / "demo" / "catalog"
    loaded: list[Entity] = []
    with transaction.atomic():
        for path in sorted(folder.glob("*.yaml")):
            documents = parse_descriptor(path.read_text(encoding="utf-8"))
            loaded += upsert_entities(documents, location=f"{LOCATION}/{path.name}")
        for entity in loaded:
            if entity.kind == "User":
                _make_account(entity)
    return loaded


def _make_account(entity: Entity) -> None:
    profile: dict[str, Any] = entity.spec.get("profile", {})
    first, _, last = str(profile.get("displayName", "")).partition(" ")
    fields = {"email": profile.get("email", ""), "first_name": first, "last_name": last}
    user, is_new = User.objects.get_or_create(username=entity.name, defaults=fields)
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
