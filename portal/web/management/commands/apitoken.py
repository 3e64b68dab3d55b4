"""`manage.py apitoken`: API tokens from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.foundation.errors import GoldpathError
from portal.foundation.models import User
from portal.foundation.tokens import create_token


class Command(BaseCommand):
    """`apitoken create --user NAME --name LABEL` prints a new token and nothing else."""

    help = "Make an API token: it is printed once and cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the one verb and its options."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a token and print it")
        create.add_argument("--user", required=True, help="the account's user name")
        create.add_argument("--name", required=True, help="what to call the token")
        create.add_argument("--days", type=int, default=90, help="how long it lasts (default 90, at most 366)")

    def handle(self, *_: Any, **options: Any) -> str:
        """Make the token; an unknown account or a bad name ends with a sentence and exit code 1."""
        try:
            user = User.objects.get(username=options["user"])
            return create_token(user, options["name"], days=options["days"])
        except User.DoesNotExist:
            raise CommandError(f"There is no account {options['user']!r}.") from None
        except GoldpathError as error:
            raise CommandError(error.message) from None
