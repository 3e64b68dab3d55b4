"""People and machines that sign in."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox has no types
    """An account. What it may do follows from the catalog's groups; `is_superuser` marks platform engineers."""

    @property
    def entity_ref(self) -> str:
        """The account's entity reference in the catalog, such as `user:default/alice`."""
        return f"user:default/{self.username.lower()}"
