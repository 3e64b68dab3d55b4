"""Renders a service: composes, renders in the sandbox, looks at the output, writes the lock."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.foundation.errors import InputError
from scaffolder import library as libraries
from scaffolder import parameters
from scaffolder.capabilities import settle
from scaffolder.forges import forge
from scaffolder.library import Composition, Library
from scaffolder.library.files import digest
from scaffolder.models import TemplateVersion
from scaffolder.rendering import client
from scaffolder.rendering.client import RenderError, ServerGoneError
from scaffolder.rendering.lock import lock_bytes, lock_document
from scaffolder.rendering.output import LOCK_PATH, RenderedFile, inspect

NAMESPACE = "default"
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Render:
    """A rendered service: its folder, its files (the lock among them), the lock, and a digest of all of it."""

    directory: Path
    files: tuple[RenderedFile, ...]
    lock: dict[str, Any] = field(hash=False)
    digest: str


def render_service(template: TemplateVersion, values: Mapping[str, Any], into: Path) -> Render:
    """Render `template` with `values`, the validated answers, to the folder `into`, which must not exist yet.

    The same template and values give the same bytes. InputError names a value that cannot be rendered; RenderError says
    what is wrong with the template or its output.
    """
    return render_with(_library_of(template), template.ref, values, into)


def render_recorded(template: TemplateVersion, lock: Mapping[str, Any], into: Path) -> Render:
    """Render `template` as the service with this lock would be: with its answers, and under the address it had.

    What the template asks for since then is answered by its defaults; answers that it does not ask for are left out.
    InputError says that the answers do not fit any more; RenderError as in `render_service`.
    """
    answers = settle(template, parameters.relevant(template.pages, lock["answers"]))
    return render_with(_library_of(template), template.ref, answers.values, into, recorded=_recorded(lock))


def render_with(
    library: Library,
    template_ref: str,
    values: Mapping[str, Any],
    into: Path,
    *,
    recorded: Mapping[str, str] | None = None,
) -> Render:
    """Render a template of `library`, as `render_service` does, without any row of the database.

    `recorded` replaces what the context would take from the portal's settings of today.
    """
    template = library.templates[template_ref]
    wanted = [name for name in library.capabilities if values.get(name) is True]
    chosen = libraries.chosen_capabilities(library, template, wanted)
    composition = libraries.compose(library, template, chosen)
    context = libraries.render_context(
        (template.ref, library.version),
        values,
        capabilities=library.capabilities,
        chosen=chosen,
        **_address(values),
    )
    if recorded is None:  # a service that is there already keeps the name that it has
        _refuse_names(library, values)
    context |= recorded or {}
    render_composition(composition, context, into)
    files = inspect(into, composition.files)
    lock = lock_document(library, template.ref, composition, values=values, context=context, files=files)
    files = tuple(sorted([*files, _write_lock(into, lock)], key=lambda file: file.path))
    return Render(into, files, lock, digest((file.path, file.executable, file.sha256) for file in files))


def prepare() -> None:
    """Start this process's render server and compile the library's templates in it.

    With nothing and with everything chosen, so that the first render is as fast as the others. Raises RenderError.
    """
    library = libraries.load()
    for template in library.templates.values():
        for wanted in ((), library.capabilities):
            chosen = libraries.chosen_capabilities(library, template, wanted)
            client.request({"template": str(libraries.compose(library, template, chosen).directory)})


def render_composition(composition: Composition, context: Mapping[str, str], into: Path) -> None:
    """Let the render server render a composed template to `into`, which appears whole or not at all."""
    if into.exists():
        raise RenderError("There is a render in this place already.")
    into.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for attempt in range(1, ATTEMPTS + 1):
        room = into.with_name(f".render-{uuid.uuid4().hex}")
        room.mkdir(mode=0o700)
        try:
            client.request({"template": str(composition.directory), "context": dict(context), "output": str(room)})
            (room / context["name"]).rename(into)
        except ServerGoneError:
            if attempt == ATTEMPTS:
                raise RenderError("The render server ends again and again.") from None
        except FileNotFoundError:
            raise RenderError("The render left nothing behind.") from None
        else:
            return
        finally:
            shutil.rmtree(room, ignore_errors=True)


def _refuse_names(library: Library, values: Mapping[str, Any]) -> None:
    errors = list(libraries.refused_names(values, libraries.required_modules(library.root)))
    if errors:
        raise InputError(" ".join(error.message for error in errors), errors)


def _library_of(template: TemplateVersion) -> Library:
    library = libraries.load_kept(template.digest)
    if library is None or template.ref not in library.templates:
        raise RenderError(
            f"Version {template.version} of {template.ref} is not in the library any more. "
            "Start again with the current one."
        )
    return library


def _recorded(lock: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a lock's context by the names that templates use."""
    named = {
        "codeowner": "codeowner",
        "module": "module",
        "namespace": "namespace",
        "repositorySlug": "repository_slug",
        "repositoryUrl": "repository_url",
    }
    return {ours: str(lock["context"][theirs]) for theirs, ours in named.items() if theirs in lock["context"]}


def _address(values: Mapping[str, Any]) -> dict[str, str]:
    name = str(values.get("name", ""))
    web_url = forge("local").remote(NAMESPACE, name).web_url
    return {"repository_url": web_url, "repository_slug": f"{NAMESPACE}/{name}"}


def _write_lock(directory: Path, lock: Mapping[str, Any]) -> RenderedFile:
    content = lock_bytes(lock)
    path = directory / LOCK_PATH
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
    path.chmod(0o644)
    return RenderedFile(LOCK_PATH, executable=False, size=len(content), sha256=hashlib.sha256(content).hexdigest())
