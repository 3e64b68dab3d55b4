"""The library with many capabilities as the portal's own, and its template registered."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from portal.foundation.actors import Actor
from portal.foundation.models import User
from scaffolder import services
from scaffolder.library import loading
from scaffolder.models import TemplateVersion
from tests.scaffolder import capability_library


@pytest.fixture
def shop(
    tmp_path: Path, settings: Settings, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> TemplateVersion:
    """The template that asks for every capability; a change of its library is seen at once."""
    monkeypatch.setattr(loading, "LOOK_AGAIN_SECONDS", 0)
    settings.GOLDPATH_TEMPLATES = tmp_path / "templates"
    capability_library.write(tmp_path / "templates" / "go")
    return services.register_templates()[0]


@pytest.fixture
def actor() -> Actor:
    """Alice, of payments."""
    return Actor("user:default/alice", frozenset({"group:default/payments"}))
