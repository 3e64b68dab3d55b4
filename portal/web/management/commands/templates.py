"""For the authors of templates: `manage.py templates lint|compose|render`."""

from __future__ import annotations

from argparse import SUPPRESS
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.foundation.errors import GoldpathError, InputError
from scaffolder import library, rendering
from scaffolder.library import Library


class Command(BaseCommand):
    """Lints the template library, composes a live tree of it, or renders a service from a file of answers."""

    help = "Lint the template library, compose a live tree of it, or render a service."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        lint = verbs.add_parser("lint", help="report everything that is wrong with the library")
        compose = verbs.add_parser("compose", help="write the layers laid over each other, unrendered Go that builds")
        compose.add_argument("template", help="such as go-blank-service")
        compose.add_argument("into", type=Path, help="a folder that does not exist yet")
        compose.add_argument("--with", dest="capabilities", default="", help="capabilities, separated by commas")
        render = verbs.add_parser("render", help="render a service")
        render.add_argument("template", help="such as go-blank-service")
        render.add_argument("into", type=Path, help="a folder that does not exist yet")
        render.add_argument("--values", type=Path, required=True, help="a YAML file with the answers")
        for verb in (lint, compose, render):
            verb.add_argument("--root", type=Path, help="the library; Goldpath's own by default")
            verb.add_argument("--settings", help=SUPPRESS)  # read by Django before; may stand after the verb as well

    def handle(self, *_: Any, **options: Any) -> None:
        """Do what the verb says; a problem ends with exit code 1."""
        verbs = {"lint": self._lint, "compose": self._compose, "render": self._render}
        try:
            verbs[options["verb"]](options)
        except GoldpathError as error:
            details = "".join(f"\n  {'.'.join(map(str, field.path))}: {field.message}" for field in _fields(error))
            raise CommandError(error.message + details) from None

    def _lint(self, options: dict[str, Any]) -> None:
        loaded_root = options["root"] or library.default_root()
        problems = library.lint(loaded_root)
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problem(s) in the template library")
        loaded = library.load(options["root"])
        self.stdout.write(f"{loaded.name} {loaded.version}: {len(loaded.templates)} template(s), no problems")

    def _compose(self, options: dict[str, Any]) -> None:
        loaded, into = library.load(options["root"]), _fresh(options["into"])
        wanted = [name for name in options["capabilities"].split(",") if name]
        template = loaded.templates[_ref(loaded, options["template"])]
        tree = library.composed_tree(loaded, template, library.chosen_capabilities(loaded, template, wanted))
        library.write_live(tree, into)
        self.stdout.write(f"{len(tree.sources)} files")

    def _render(self, options: dict[str, Any]) -> None:
        loaded, into = library.load(options["root"]), _fresh(options["into"])
        values = yaml.safe_load(options["values"].read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise InputError("The file of answers must be a mapping of keys to values.")
        render = rendering.render_with(loaded, _ref(loaded, options["template"]), values, into)
        self.stdout.write(f"{len(render.files)} files, {render.digest}")


def _ref(loaded: Library, name: str) -> str:
    found = [ref for ref, template in loaded.templates.items() if name in {ref, template.name}]
    if not found:
        names = ", ".join(template.name for template in loaded.templates.values())
        raise InputError(f"There is no template {name}; there are: {names}.")
    return found[0]


def _fresh(folder: Path) -> Path:
    if folder.exists():
        raise InputError(f"{folder.name} exists already; name a folder that does not.")
    return folder.absolute()


def _fields(error: GoldpathError) -> tuple[Any, ...]:
    return error.fields if isinstance(error, InputError) else ()
