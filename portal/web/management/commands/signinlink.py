"""`manage.py signinlink`: a one-time sign-in link for an account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.foundation.models import SignInLink, User


class Command(BaseCommand):
    """`signinlink NAME` prints a link that signs the account in, once, within an hour."""

    help = "Print a one-time sign-in link for an account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the account's name."""
        parser.add_argument("user", help="the account's user name")

    def handle(self, *_: Any, **options: Any) -> str:
        """Issue the link; an unknown or deactivated account ends with a sentence and exit code 1."""
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account {options['user']!r}.")
        return f"{settings.GOLDPATH_BASE_URL}/sign-in/link/{SignInLink.objects.issue(user)}"
