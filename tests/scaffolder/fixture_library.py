"""A small template library of its own, so that the machinery is tested without the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PLACEHOLDER = "goldpath.local/service"
VALUES: dict[str, Any] = {
    "name": "payment-ledger",
    "description": "Books payments",
    "owner": "group:default/payments",
    "system": "checkout",
    "lifecycle": "experimental",
    "postgres": False,
    "logger": "logrus",
}
REF = "template:default/tiny"

MAIN_GO = f"""package main

import (
	"fmt"

	"{PLACEHOLDER}/pkg/greet"
)

func main() {{
	//% if cookiecutter.postgres == "yes"
	fmt.Println("postgres")
	//% endif
	fmt.Println(greet.Hello([[= cookiecutter.description | tojson ]]), [][]string{{{{"a"}}}})
}}
"""


def layer(name: str, **spec: Any) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "goldpath.dev/v1alpha1",
            "kind": "Layer",
            "metadata": {"name": name, "title": name},
            "spec": spec,
        }
    )


def template() -> dict[str, Any]:
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": "tiny", "title": "Tiny service"},
        "spec": {
            "type": "service",
            "owner": "group:default/platform",
            "parameters": [],
            "steps": [{"id": "render", "name": "Render", "action": "goldpath:render"}],
        },
    }


FILES: dict[str, str] = {
    "library.yaml": yaml.safe_dump(
        {
            "apiVersion": "goldpath.dev/v1alpha1",
            "kind": "Library",
            "metadata": {"name": "fixture"},
            "spec": {
                "version": "0.1.0",
                "owner": "group:default/platform",
                "modulePlaceholder": PLACEHOLDER,
                "layers": ["platform", "base", "capabilities/postgres", "services/tiny"],
                "capabilities": ["postgres"],
                "templates": ["services/tiny/template.yaml"],
            },
        }
    ),
    "platform/manifest.yaml": layer("platform", ownership=[{"class": "platform", "paths": ["pkg/**"]}]),
    "platform/go.mod": f"module {PLACEHOLDER}\n\ngo 1.26.0\n",
    "platform/pkg/greet/greet.go": 'package greet\n\nfunc Hello(s string) string { return "hello " + s }\n',
    "platform/pkg/postgres/pool.go": "package postgres\n",
    "base/manifest.yaml": layer(
        "base",
        packages=["greet"],
        verbatim=["**/*.gen.go", "*.sum"],
        ownership=[{"class": "generated", "paths": ["**/*.gen.go"]}, {"class": "platform", "paths": [".github/**"]}],
        guards=[".github/workflows/**"],
    ),
    "base/files/cmd/server/main.go": MAIN_GO,
    "base/files/README.md": "# [[= cookiecutter.title ]]\n\n[[= cookiecutter.description ]]\n",
    "base/files/.gitignore": "/bin/\n",
    "base/files/.github/workflows/ci.yml": "on: push\nenv: {X: '${{ github.sha }}'}\n",
    "base/files/api/server.gen.go": f'package api\n\nimport _ "{PLACEHOLDER}/pkg/greet"\n',
    "base/files/api/raw.gen.go": "package api // [[= stays as it is ]]\n",
    "base/files/scripts/run.sh": "#!/bin/sh\n[[ -f x ]] && exec server\n",
    "base/when/no-postgres/internal/store.go": "package internal // in memory\n",
    "capabilities/postgres/manifest.yaml": layer("capabilities/postgres", packages=["postgres"]),
    "capabilities/postgres/files/internal/store.go": "package internal // PostgreSQL\n",
    "services/tiny/manifest.yaml": layer("services/tiny"),
    "services/tiny/template.yaml": yaml.safe_dump(template()),
    "services/tiny/files/catalog-info.yaml": "metadata:\n  description: [[= cookiecutter.description | tojson ]]\n",
    "gomod/superset.mod": (
        f"module {PLACEHOLDER}\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.2.0\n\texample.com/b v0.3.0\n)\n\n"
        "require (\n\texample.com/c v1.0.0 // indirect\n\texample.com/d v1.0.0 // indirect\n)\n"
    ),
    "gomod/superset.sum": "example.com/a v1.2.0 h1:a=\nexample.com/b v0.3.0 h1:b=\nexample.com/c v1.0.0 h1:c=\n",
    "gomod/base.mod": (
        f"module {PLACEHOLDER}\n\ngo 1.26.0\n\nrequire example.com/a v1.1.0\n\n"
        "require example.com/b v0.3.0 // indirect\n"
    ),
    "gomod/base.sum": "example.com/a v1.2.0 h1:a=\n",
    "gomod/postgres.mod": (
        f"module {PLACEHOLDER}\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.1.0\n\texample.com/b v0.3.0\n)\n\n"
        "require example.com/c v1.0.0 // indirect\n"
    ),
    "gomod/postgres.sum": "example.com/c v1.0.0 h1:c=\nexample.com/a v1.2.0 h1:a=\n",
}


def write_library(root: Path, changes: dict[str, str | None] | None = None) -> Path:
    """Write the fixture library to `root`; `changes` replaces files, None leaves one out."""
    for path, text in {**FILES, **(changes or {})}.items():
        if text is None:
            continue
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        if path.endswith(".sh"):
            target.chmod(0o755)
    return root
