"""`manage.py demodata`: load the demo teams, people and systems."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.web.demo import load_people


class Command(BaseCommand):
    """Load what the first form needs to have owners to pick; does nothing where GOLDPATH_DEMO_PEOPLE is off."""

    help = "Load the demo teams, people and systems (settings GOLDPATH_DEMO_PEOPLE)."

    def handle(self, *_: Any, **options: Any) -> None:
        """Load them, and say how many of each kind there are."""
        if not settings.GOLDPATH_DEMO_PEOPLE:
            if options["verbosity"]:
                self.stdout.write("This installation has no demo people; nothing was loaded.")
            return
        counts = Counter(entity.kind for entity in load_people())
        if options["verbosity"]:
            self.stdout.write(", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
