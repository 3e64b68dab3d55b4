"""Renders a template of at least 150 files warm, and by the `cookiecutter` command; prints JSON.

Both render the same composed template of the Go library (padded with copies of its own files up to 150) with the same
values in turns, and their output is compared byte by byte. Usage: python -m tests.bench.bench_render [rounds]
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")

import django

django.setup()

from scaffolder import library, rendering  # noqa: E402
from scaffolder.rendering import client, service  # noqa: E402
from scaffolder.syntax import TOP_FOLDER  # noqa: E402

FILES = 150
TEMPLATE = "template:default/go-blank-service"
VALUES = {
    "name": "payment-ledger",
    "description": "Books payments",
    "owner": "group:default/payments",
    "system": "checkout",
    "lifecycle": "experimental",
    "logger": "zap",
    "postgres": True,
}


def padded(composition: library.Composition, into: Path) -> library.Composition:
    """Return a copy of the composed template with copies of its text files, up to FILES files."""
    shutil.copytree(composition.directory, into)
    top = into / TOP_FOLDER
    originals = [path for path in sorted(top.rglob("*")) if path.is_file() and path.suffix in {".go", ".md", ".yaml"}]
    missing = FILES - sum(path.is_file() for path in top.rglob("*"))
    _rename_template_key(into)
    for number in range(max(0, missing)):
        source = originals[number % len(originals)]
        target = top / "padding" / str(number // 10) / f"{number:03d}-{source.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    return replace(composition, directory=into)


def _rename_template_key(folder: Path) -> None:
    """Call the key `template` otherwise: the command, unlike the library, takes it for its own nested templates."""
    for path in folder.rglob("*"):
        if path.is_file() and b"cookiecutter.template " in (content := path.read_bytes()):
            path.write_bytes(content.replace(b"cookiecutter.template ", b"cookiecutter.template_ref "))
    settings = json.loads((folder / "cookiecutter.json").read_text(encoding="utf-8"))
    settings["template_ref"] = settings.pop("template")
    (folder / "cookiecutter.json").write_text(json.dumps(settings), encoding="utf-8")


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file with its content and mode."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in folder.rglob("*")
        if path.is_file()
    }


def command(composition: library.Composition, context: dict[str, str], into: Path) -> None:
    """Render by the cookiecutter command, as a person would."""
    arguments = [f"{key}={value}" for key, value in context.items()]
    executable = Path(sys.executable).with_name("cookiecutter")
    subprocess.run(
        [executable, str(composition.directory), "--no-input", "-o", str(into), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(into.parent)},
    )


def seconds(act: Callable[[], object]) -> float:
    """Return how long `act` takes on the clock."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main(rounds: int = 15) -> dict[str, object]:
    """Measure and return the figures; times in milliseconds."""
    root = Path(tempfile.mkdtemp(prefix="goldpath-bench-"))
    loaded = library.load()
    template = loaded.templates[TEMPLATE]
    composition = padded(library.compose(loaded, template, ["postgres"]), root / "template")
    context = library.render_context(
        (template.ref, loaded.version),
        VALUES,
        capabilities=loaded.capabilities,
        chosen=["postgres"],
        repository_url="http://127.0.0.1:8000/git/default/payment-ledger",
        repository_slug="default/payment-ledger",
    )
    context["template_ref"] = context.pop("template")
    first = seconds(lambda: service.render_composition(composition, context, root / "warm-first"))
    warm, cold, whole = [], [], []
    for number in range(rounds):
        cold.append(seconds(lambda: command(composition, context, root / "cold" / str(number))))  # noqa: B023
        warm.append(seconds(lambda: service.render_composition(composition, context, root / f"warm-{number}")))  # noqa: B023
        into = root / f"whole-{number}"
        whole.append(seconds(lambda: rendering.render_with(loaded, TEMPLATE, VALUES, into)))  # noqa: B023
    one, other = tree(root / "warm-0"), tree(root / "cold" / "0" / VALUES["name"])  # type: ignore[operator]
    client.stop()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    shutil.rmtree(root)
    return {
        "files": len(one),
        "byte_identical": one == other,
        "first_warm_ms": round(first * 1000, 1),
        "warm_ms": round(statistics.median(warm) * 1000, 1),
        "command_ms": round(statistics.median(cold) * 1000, 1),
        "times_faster": round(statistics.median(cold) / statistics.median(warm), 1),
        "render_service_ms": round(statistics.median(whole) * 1000, 1),
        "render_service_files": len(tree_of_lock(loaded)),
        "rounds": rounds,
        "peak_memory_mb": round(usage.ru_maxrss / 1024, 1),
    }


def tree_of_lock(loaded: library.Library) -> dict[str, library.ComposedFile]:
    """Return the files of the unpadded template, which `render_service_ms` is about."""
    return dict(library.compose(loaded, loaded.templates[TEMPLATE], ["postgres"]).files)


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:2])), indent=2))
