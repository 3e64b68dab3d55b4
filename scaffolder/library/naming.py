"""Which names and Go module paths a service cannot have, though their characters are right.

A name becomes a folder, an image, objects in a cluster and the end of a module path, and each of these has names of its
own that mean something else. The rules for module paths are those of `golang.org/x/mod/module.CheckPath`, which `go`
applies, and of `go help gopath` for what lies below `vendor`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_NAME = 50
LONGEST_MODULE = 200
NAME = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){0,61}[a-z0-9]")
MODULE = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:/[A-Za-z0-9](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?)*")
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)
_TAKEN = {
    "default": "Kubernetes gives every namespace a service account of that name",
    "kubernetes": "it is the address of Kubernetes itself",
    "localhost": "it is every machine's name for itself",
    "scratch": "it is Docker's empty image",
    "vendor": "Go takes packages below it for those of the module around it",
    **dict.fromkeys(_DEVICES, "on Windows it is a device and not a folder"),
}
_SHORT_NAME = re.compile(r"[^.]*~[0-9]+(?:\..*)?")
_VERSION = re.compile(r"v[0-9.]+")
_MAJOR = re.compile(r"v(?:[2-9]|[1-9][0-9]+)")
_GOPKG = re.compile(r"gopkg\.in/.*\.v(?:0|[1-9][0-9]*)(?:-unstable)?")


def name_problem(name: str) -> str:
    """Return why no service can be called `name`, a sentence for people, or "" when one can."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        return (
            f"A name has 2 to {LONGEST_NAME} lower-case letters, digits and single hyphens, and begins with a letter."
        )
    reason = "at the end of a module path it is a version" if _VERSION.fullmatch(name) else _TAKEN.get(name)
    return f"No service can be called {name}: {reason}. Choose another name." if reason else ""


def module_problem(path: str, required: Iterable[str] = ()) -> str:
    """Return why `path` cannot be a service's module, a sentence for people, or "" when it can.

    `required` are the modules that services require: see `overlap_problem`.
    """
    elements = path.split("/")
    if not MODULE.fullmatch(path) or len(path) > LONGEST_MODULE:
        return f"A module path is a host and names with / between them, at most {LONGEST_MODULE} characters."
    if "." not in elements[0]:
        return f"A module path begins with a host, which has a dot: {elements[0]} could be a package of Go's own."
    found = (problem for element in elements if (problem := _element_problem(element)))
    return next(found, "") or _version_problem(path, elements[-1]) or overlap_problem(path, required)


def overlap_problem(path: str, required: Iterable[str]) -> str:
    """Return why a module at `path` would stand in the way of one of `required`, or "" when it would not.

    Go looks for a package in every module whose path begins the package's own, so a service may be neither one of the
    modules that it requires, nor within one, nor around one. Paths that differ in case only are the same for Windows.
    """
    own = f"{path}/".lower()
    for other in required:
        theirs = f"{other}/".lower()
        if own.startswith(theirs) or theirs.startswith(own):
            return f"Services require {other}, and Go could not tell it from {path}. Choose another path."
    return ""


def _element_problem(element: str) -> str:
    if element.lower().partition(".")[0] in _DEVICES:
        return f"Go refuses {element} in a module path: on Windows it is a device and not a folder."
    if element == "vendor":
        return "Go refuses vendor in a module path: it takes packages below it for those of the module around it."
    if _SHORT_NAME.fullmatch(element):
        return f"Go refuses {element} in a module path: on Windows it may be the short name of another folder."
    return ""


def _version_problem(path: str, last: str) -> str:
    if path.startswith("gopkg.in/"):
        return "" if _GOPKG.fullmatch(path) else "A module path at gopkg.in ends in a major version, like .v1."
    if _VERSION.fullmatch(last) and not _MAJOR.fullmatch(last):
        return f"A module path cannot end in {last}: Go writes versions from /v2 on, and the first one not at all."
    return ""
