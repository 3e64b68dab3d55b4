"""Names and module paths that a service can have, and those that it cannot, each with its reason."""

from __future__ import annotations

import pytest

from scaffolder import library as libraries
from scaffolder.library.gomod import required_modules
from scaffolder.library.naming import LONGEST_MODULE, LONGEST_NAME, module_problem, name_problem

# Keywords and predeclared names of Go, packages of the service, words of YAML, digits and hyphens.
POSSIBLE_NAMES = [
    *("func", "type", "map", "range", "go", "string", "error", "nil", "any", "iota", "init"),
    *("app", "config", "domain", "http", "context", "main", "test", "internal", "testdata", "example"),
    *("true", "null", "on", "yes", "a1-b2-c3", "a1", "x-1", "com", "com0", "lpt10", "console", "v-1", "vendors", "va1"),
    "x" * LONGEST_NAME,
]
IMPOSSIBLE_NAMES = [
    *[(name, "begins with a letter") for name in ("x-", "-x", "a--b", "1a", "x", "", "A1", "a_b", "a.b", "é1", "a\n")],
    ("x" * (LONGEST_NAME + 1), f"2 to {LONGEST_NAME}"),
    *[(name, "a device") for name in ("con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9")],
    *[(name, "it is a version") for name in ("v0", "v1", "v2", "v10", "v01")],
    ("vendor", "the module around it"),
    ("kubernetes", "Kubernetes itself"),
    ("default", "service account"),
    ("localhost", "every machine"),
    ("scratch", "empty image"),
]
POSSIBLE_MODULES = [
    *("example.com/ledger", "example.com/a/b/c", "example.com/internal/x", "example.com/main", "example.com/func"),
    *("example.com/x/v2", "example.com/x/v10", "example.com/v2", "example.com/v2x", "example.com/v1/x"),
    *("example.com/console", "example.com/com0", "example.com/x_y", "example.com/Ledger", "example.com/x~a"),
    *("example.com/x..y", "example.com/vendors", "example.com/testdata", "gopkg.in/x.v2", "gopkg.in/a/x.v0"),
    *("gopkg.in/x.v1-unstable", "1.example.com/x"),
]
# What `go mod init` refuses as well: tests/templates/test_names.py asks it.
REFUSED_BY_GO = [
    *[(f"example.com/{name}", "a device") for name in ("con", "CON", "aux.x", "com1", "x/nul/y", "Lpt9")],
    ("con.example.com/x", "a device"),
    *[(f"example.com/{name}", "short name") for name in ("x~1", "x~1.y", "a/x~1/b")],
    *[(f"example.com/{name}", "cannot end in") for name in ("v0", "v1", "x/v0", "x/v01", "x/v1.2")],
    *[(f"gopkg.in/{name}", "at gopkg.in") for name in ("x", "x.v", "x.v01", "x/v2")],
    *[(f"example.com/{name}", "a host and names") for name in ("x.", "x y", "", "..", "../x", "a//b", "é", "a\\b")],
    *[(path, "a host and names") for path in ("", "/x", "-x.com/x", "./x")],
]
# What Go takes for a name and cannot build, or builds and nobody else can get.
REFUSED_BY_US = [
    *[(path, "begins with a host") for path in ("fmt", "net/http", "cmd/x", "std", "example/x", "localhost/x")],
    *[(f"example.com/{name}", "refuses vendor") for name in ("vendor", "vendor/x", "x/vendor/y")],
    *[(path, "a host and names") for path in ("Example.com/x", "example.com/.x", "example.com/_x", "example.com/-x")],
    ("example.com/" + "x" * LONGEST_MODULE, f"at most {LONGEST_MODULE}"),
]


@pytest.mark.parametrize("name", POSSIBLE_NAMES)
def test_a_name_that_looks_odd_is_possible(name: str) -> None:
    assert name_problem(name) == ""


@pytest.mark.parametrize(("name", "words"), IMPOSSIBLE_NAMES)
def test_an_impossible_name_is_refused_with_its_reason(name: str, words: str) -> None:
    assert words in name_problem(name)


@pytest.mark.parametrize("path", POSSIBLE_MODULES)
def test_a_module_path_that_looks_odd_is_possible(path: str) -> None:
    assert module_problem(path, required_modules(libraries.default_root())) == ""


@pytest.mark.parametrize(("path", "words"), [*REFUSED_BY_GO, *REFUSED_BY_US])
def test_an_impossible_module_path_is_refused_with_its_reason(path: str, words: str) -> None:
    assert words in module_problem(path)


@pytest.mark.parametrize(
    ("path", "required"),
    [
        ("github.com/gin-gonic/gin", "github.com/gin-gonic/gin"),
        ("github.com/Gin-Gonic/gin", "github.com/gin-gonic/gin"),
        ("github.com/gin-gonic/gin/ledger", "github.com/gin-gonic/gin"),
        ("github.com/gin-gonic", "github.com/gin-gonic/gin"),
        ("github.com/jackc/pgx", "github.com/jackc/pgx/v5"),
        ("google.golang.org/grpc/internal", "google.golang.org/grpc"),
    ],
)
def test_a_path_at_within_or_around_a_required_module_is_refused(path: str, required: str) -> None:
    assert f"Services require {required}," in module_problem(path, required_modules(libraries.default_root()))


def test_a_path_beside_a_required_module_is_possible() -> None:
    assert module_problem("github.com/gin-gonic/gins", ["github.com/gin-gonic/gin"]) == ""


def test_the_form_and_the_rules_agree_on_the_longest() -> None:
    (template,) = libraries.load().templates.values()
    pages = template.manifest["spec"]["parameters"]
    name = pages[0]["properties"]["name"]
    module = pages[2]["dependencies"]["customModulePath"]["oneOf"][1]["properties"]["modulePath"]
    assert (name["maxLength"], module["maxLength"]) == (LONGEST_NAME, LONGEST_MODULE)
