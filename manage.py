#!/usr/bin/env python
"""Entry point of the management commands."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command named on the command line, on the embedded settings unless told otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
