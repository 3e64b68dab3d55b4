"""Go code as checks ask about it: files that run in the service, and calls by the package that they go to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks._kept import once, shared
from conformance.examining.check import Evidence, Finding, not_applicable
from conformance.examining.subject import Subject

_NOT_BUILT = frozenset({"vendor", "testdata", "third_party", "node_modules", "examples", "example"})
_TOOLS = frozenset({"tools", "hack", "scripts", "test", "tests", "e2e"})
_SERVERS = frozenset((
    "net/http.ListenAndServe", "net/http.ListenAndServeTLS", "net/http.Serve", "net/http.ServeTLS",
    "google.golang.org/grpc.NewServer", "github.com/valyala/fasthttp.ListenAndServe",
    "github.com/gofiber/fiber.New", "github.com/labstack/echo.New", "github.com/gin-gonic/gin.New",
    "github.com/gin-gonic/gin.Default",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class GoFile:
    """One Go file. `calls` are its calls, each with its name resolved: `net/http.ListenAndServe`.

    `names` are the import paths, without their major version, by the names that they go by in the file.
    """

    path: str
    fact: Mapping[str, Any]
    names: Mapping[str, str]
    calls: tuple[tuple[str, Any], ...]

    @property
    def is_generated(self) -> bool:
        """Whether a tool wrote it."""
        return bool(self.fact["generated"])

    @property
    def is_tool(self) -> bool:
        """Whether it belongs to a command, a tool or the tests' support, not to what the service runs for its users."""
        folders = self.path.split("/")[:-1]
        is_support = bool(folders) and folders[-1].endswith("test")
        return is_support or not _TOOLS.isdisjoint(folders) or folders[:1] == ["cmd"]

    def imports(self, *packages: str) -> list[Evidence]:
        """Return where it imports one of the packages or something below them."""
        found = [each for each in self.fact["imports"] if any(is_below(each["path"], package) for package in packages)]
        return [Evidence(self.path, each["line"]) for each in found]

    def composed(self, *types: str) -> list[Mapping[str, Any]]:
        """Return the composite literals of one of the types, such as `net/http.Server`."""
        return [each for each in self.fact["composites"] if _resolved(self.names, each["type"]) in types]


@once
def code(subject: Subject) -> list[GoFile]:
    """Return the Go files but for tests and what is not built; UnreadableError when one is not Go."""
    paths = [path for path in sorted(subject.paths("**/*.go")) if _is_built(path)]
    return [_file(path, subject.fact("gosource", path)) for path in paths]


def _is_built(path: str) -> bool:
    folders = path.split("/")[:-1]
    is_hidden = any(folder.startswith((".", "_")) for folder in folders)
    return not path.endswith("_test.go") and not is_hidden and _NOT_BUILT.isdisjoint(folders)


def _file(path: str, fact: Mapping[str, Any]) -> GoFile:
    """Return the file with these facts; the same object for the same facts, also of another service."""
    known = _files(fact)
    if path not in known:
        known[path] = _read(path, fact)
    return known[path]


@shared
def _files(_fact: Mapping[str, Any]) -> dict[str, GoFile]:
    """Return the files with these facts by path, as far as they were read."""
    return {}


def _read(path: str, fact: Mapping[str, Any]) -> GoFile:
    names = {each["name"] or _name(each["path"]): _bare(each["path"]) for each in fact["imports"]}
    return GoFile(path, fact, names, tuple((_resolved(names, call["name"]), call) for call in fact["calls"]))


def _resolved(names: Mapping[str, str], name: str) -> str:
    """Return a qualified name with its package's import path; any other name as it is."""
    head, dot, rest = name.partition(".")
    return f"{names[head]}.{rest}" if dot and head in names else name


def _bare(path: str) -> str:
    """Return an import path without its major version: `github.com/labstack/echo` for `.../echo/v4`."""
    return "/".join(part for part in path.split("/") if not _is_major(part))


def _name(path: str) -> str:
    """Return the name that a package most likely has: the last element of its path that is no major version."""
    last = _bare(path).rpartition("/")[2]
    before, dot, major = last.rpartition(".")  # gopkg.in/yaml.v3
    return before if dot and _is_major(major) else last.removeprefix("go-")


def _is_major(part: str) -> bool:
    return part[:1] == "v" and part[1:].isdigit()


def is_below(path: str, package: str) -> bool:
    """Tell whether an import path is a package, of any major version, or lies below it."""
    return path == package or path.startswith(f"{package}/")


def programs(subject: Subject) -> list[GoFile]:
    """Return the files of package main that are not tools."""
    found = [each for each in code(subject) if each.fact["package"] == "main"]
    return [each for each in found if not _TOOLS.intersection(each.path.split("/")[:-1])]


def servers(subject: Subject) -> list[Evidence]:
    """Return where the code makes something that listens."""
    return [place for each in code(subject) for place in _made(each)]


@shared
def _made(each: GoFile) -> list[Evidence]:
    made = [*each.composed("net/http.Server"), *(call for name, call in each.calls if name in _SERVERS)]
    return [Evidence(each.path, place["line"]) for place in made]


@once
def has_go(subject: Subject) -> bool:
    """Tell whether there is any Go file, tests too."""
    return any(path.endswith(".go") for path in subject.files)


def no_program(subject: Subject) -> Finding | None:
    """Return that there is nothing to judge when the repository builds no Go program, else None."""
    if not code(subject):
        return not_applicable("There is no Go code.")
    return None if programs(subject) else not_applicable("There is no Go program: no package main outside the tools.")
