"""go.mod, go.sum and the linter's configuration."""

from __future__ import annotations

from conformance.checks import _goversions
from conformance.checks.go_version_supported import OLDEST_SUPPORTED
from conformance.examining.parser import MODULE
from tests.conformance.checks.cases import Case, Cases, Texts, each, errs, fails, passes, skips

CI = ".github/workflows/ci.yml"
LINT = ".golangci.yml"
OLD = f"{OLDEST_SUPPORTED[0]}.{OLDEST_SUPPORTED[1] - 1}"
NOW = f"{OLDEST_SUPPORTED[0]}.{OLDEST_SUPPORTED[1]}"
CODE = {"a.go": "package a\n"}
STANDARD = "[errcheck, govet, ineffassign, staticcheck, unused,"
GOSEC = "linters: [gosec]"
ALL = "[bodyclose, errorlint, gosec, revive]"


def mod(*lines: str, go: str = f"go {NOW}.1", **more: str | bytes) -> Texts:
    """Return a module: `go` stands on line 3, further lines from line 5 on."""
    return {"go.mod": f"module {MODULE}\n\n{go}\n\n" + "".join(f"{line}\n" for line in lines), **more}


def setup(inputs: str, more: str = "") -> Texts:
    """Return a module whose CI sets Go up; the inputs stand on line 8."""
    step = f"      - uses: actions/setup-go@v6\n        with: {inputs}\n"
    return {**mod(), CI: f"on: push\njobs:\n  a:\n    runs-on: a\n{more or '    env: {}' + chr(10)}    steps:\n{step}"}


def sums(*modules: str) -> str:
    return "".join(f"{module} h1:a=\n{module}/go.mod h1:b=\n" for module in modules)


def imports(*paths: str) -> dict[str, str | bytes]:
    return {"a.go": "package a\n\nimport (\n" + "".join(f'\t_ "{path}"\n' for path in paths) + ")\n"}


def config(text: str) -> Texts:
    return {**CODE, LINT: text}


TIDY = {
    **mod("require (", "\tx.org/b v1.0.0", "\tx.org/c/v2 v2.1.0", "\tx.org/d v0.1.0 // indirect", ")"),
    "go.sum": sums("x.org/b v1.0.0", "x.org/c/v2 v2.1.0") + "x.org/d v0.1.0/go.mod h1:c=\n",
    **imports("fmt", f"{MODULE}/pkg/a", "x.org/b/pkg", "x.org/c/v2"),
}

CASES: Cases = {
    "go-version-supported": {
        "supported": passes(mod(), f"asks for Go {NOW}.1", ("go.mod", 3)),
        "newer than known": passes(mod(go="go 1.99")),
        "a toolchain": passes(mod(go=f"go {NOW}.1\ntoolchain go{NOW}.5")),
        "CI reads go.mod": passes(setup("{go-version-file: go.mod}")),
        "CI takes the newest patch": passes(setup(f'{{go-version: "{NOW}"}}')),
        "CI takes the newest": passes(setup("{go-version: stable}")),
        "CI takes what is newer": passes(setup('{go-version: ">=1.20"}')),
        "a matrix": passes(setup("{go-version: '${{ matrix.go }}'}", f"    strategy: {{matrix: {{go: ['{NOW}']}}}}\n")),
        "too old": fails(mod(go=f"go {OLD}.9"), f"asks for Go {OLD}.9", ("go.mod", 3)),
        "very old": fails(mod(go="go 1.9"), "asks for Go 1.9"),
        "a tool's module": fails(
            {**mod(), "tools/go.mod": "module a\ngo 1.21\n"}, "tools/go.mod asks", ("tools/go.mod", 2)
        ),
        "none": fails({"go.mod": "module a\n"}, "which means Go 1.16", ("go.mod", 1)),
        "none that is one": fails(mod(go="go latest"), "names no Go version"),
        "an older toolchain": fails(mod(go=f"go {NOW}.1\ntoolchain go{NOW}.0"), "names the toolchain", ("go.mod", 4)),
        "CI is older": fails(setup(f'{{go-version: "{OLD}.x"}}'), f"CI sets up Go {OLD}.x, older than", (CI, 8)),
        "CI has an older patch": fails(setup(f'{{go-version: "{NOW}.0"}}'), "CI sets up Go"),
        "one of a matrix is older": fails(
            setup("{go-version: '${{ matrix.go }}'}", f"    strategy: {{matrix: {{go: ['{NOW}', '{OLD}']}}}}\n"),
            f"Go {OLD},",
        ),
        "no module": skips(CODE, "no go.mod"),
        "a fixture's module": skips({"testdata/go.mod": "module a\ngo 1.1\n"}),
        "not a go.mod": errs({"go.mod": "modul a\n"}, "Unknown directive"),
    },
    "go-modules-tidy": {
        "tidy": passes(TIDY, "3 requirements", ("go.sum", 0)),
        "no requirement": passes({**mod(), **imports("fmt")}, "0 requirements"),
        "a program that no module holds": fails(
            {"tools/go.mod": "module x.org/tools\n\ngo 1.26\n", "cmd/server/main.go": "package main\n"},
            "no go.mod for cmd/server/main.go",
            ("cmd/server/main.go", 0),
        ),
        "a tool": passes({**mod("tool x.org/b/cmd/b", "require x.org/b v1.0.0"), "go.sum": sums("x.org/b v1.0.0")}),
        "replaced by another": passes(
            {
                **mod("require x.org/b v1.0.0", "replace x.org/b => y.org/b v1.2.0"),
                "go.sum": sums("y.org/b v1.2.0"),
                **imports("x.org/b"),
            }
        ),
        "replaced by a folder": passes(
            {
                **mod("require x.org/b v1.0.0", "replace x.org/b => ./b"),
                "go.sum": "",
                **imports("x.org/b"),
                "b/go.mod": "module x.org/b\ngo 1.26\n",
            }
        ),
        "a module within": passes(
            {
                **TIDY,
                "tools/go.mod": "module a\n\nrequire x.org/t v1.0.0\n",
                "tools/go.sum": sums("x.org/t v1.0.0"),
                "tools/a.go": 'package a\n\nimport _ "x.org/t"\n',
            }
        ),
        "an empty go.sum": fails(
            {**mod("require x.org/b v1.0.0"), "go.sum": "", **imports("x.org/b")},
            "lacks the sums of x.org/b",
            ("go.mod", 5),
        ),
        "there is no go.sum": fails(
            {**mod("require x.org/b v1.0.0"), **imports("x.org/b")}, "there is no go.sum", ("go.mod", 5)
        ),
        "only the sum of go.mod": fails(
            {**mod("require x.org/b v1.0.0"), "go.sum": "x.org/b v1.0.0/go.mod h1:a=\n", **imports("x.org/b")},
            "lacks the sums",
        ),
        "the sums of another version": fails(
            {**mod("require x.org/b v1.0.1"), "go.sum": sums("x.org/b v1.0.0"), **imports("x.org/b")}, "x.org/b v1.0.1"
        ),
        "twice": fails(
            {
                **mod("require x.org/b v1.0.0", "require x.org/b v1.0.0"),
                "go.sum": sums("x.org/b v1.0.0"),
                **imports("x.org/b"),
            },
            "requires x.org/b twice",
            ("go.mod", 6),
        ),
        "nothing imports it": fails(
            {**TIDY, **imports("x.org/b")}, "requires x.org/c/v2, which nothing imports", ("go.mod", 7)
        ),
        "another major version is imported": fails(
            {**TIDY, **imports("x.org/b", "x.org/c")}, "x.org/c is imported", ("a.go", 5)
        ),
        "not required": fails(
            {**TIDY, **imports("x.org/b", "x.org/c/v2", "x.org/e/f")}, "x.org/e/f is imported", ("a.go", 6)
        ),
        "called indirect": fails(
            {**TIDY, **imports("x.org/b", "x.org/c/v2", "x.org/d/e")}, "calls x.org/d indirect", ("go.mod", 8)
        ),
        "no module": skips(CODE, "no go.mod"),
        "not a go.sum": errs({**TIDY, "go.sum": "what\n"}, "not a go.sum"),
    },
    "go-modules-released": {
        "released": passes(
            mod("require x.org/b v1.0.0", "require x.org/c v1.2.3-rc.1"), "2 direct requirements", ("go.mod", 0)
        ),
        "a commit that others need": passes(mod("require x.org/b v0.0.0-20240101120000-abcdefabcdef // indirect")),
        "what has no releases": passes(
            mod("require google.golang.org/genproto/googleapis/rpc v0.0.0-20240101120000-abcdefabcdef")
        ),
        "what only begins like it": fails(
            mod("require google.golang.org/genprotos v0.0.0-20240101120000-abcdefabcdef"), "unreleased"
        ),
        "replaced by a release": passes(mod("replace x.org/b => y.org/b v1.0.0")),
        "a folder": fails(mod("replace x.org/b => ../b"), "by the folder ../b", ("go.mod", 5)),
        "a fork's commit": fails(
            mod("replace x.org/b => y.org/b v0.0.0-20240101120000-abcdefabcdef"), "an unreleased commit of y.org/b"
        ),
        "a commit": fails(
            mod("require x.org/b v0.0.0-20240101120000-abcdefabcdef"), "an unreleased commit of x.org/b", ("go.mod", 5)
        ),
        "a commit after a release": fails(mod("require x.org/b v1.2.4-0.20240101120000-abcdefabcdef"), "unreleased"),
        "a commit after a pre-release": fails(
            mod("require x.org/b v1.2.4-rc.1.0.20240101120000-abcdefabcdef"), "unreleased"
        ),
        "a commit of golang.org/x": fails(
            mod("require golang.org/x/exp v0.0.0-20240101120000-abcdefabcdef"), "golang.org/x/exp"
        ),
        "a commit of a tool": fails(
            {**mod(), "tools/go.mod": "module a\nrequire b.org v2.0.0-20240101120000-abcdefabcdef+incompatible\n"},
            "b.org",
            ("tools/go.mod", 2),
        ),
        "no module": skips(CODE),
        "not a go.mod": errs({"go.mod": "module a b\n"}),
        "an empty go.mod": errs({"go.mod": ""}, "no module directive"),
    },
    "linter-config": {
        "version 2": passes(config(f'version: "2"\nlinters:\n  enable: {ALL}\n'), "all linters", (LINT, 3)),
        "everything": passes(config('version: "2"\nlinters: {default: all}\n')),
        "none, then by name": passes(config(f"version: 2\nlinters: {{default: none, enable: {STANDARD} {ALL[1:]}}}\n")),
        "version 1": passes({**CODE, ".golangci.yaml": f"linters:\n  enable: {ALL}\n"}),
        "version 1, everything": passes(config("linters: {enable-all: true, disable: [wsl]}\n")),
        "stylecheck is as good as revive": passes(
            config("linters: {enable: [bodyclose, errorlint, gosec, stylecheck]}\n")
        ),
        "tests are excluded": passes(
            config(
                f"version: 2\nlinters:\n  enable: {ALL}\n  exclusions: {{rules: [{{path: _test, linters: [gosec]}}]}}\n"
            )
        ),
        "one text is excluded": passes(
            config(
                f"version: 2\nlinters:\n  enable: {ALL}\n  exclusions: {{rules: [{{text: G104, linters: [gosec]}}]}}\n"
            )
        ),
        "one is missing": fails(
            config('version: "2"\nlinters: {enable: [bodyclose, errorlint, revive]}\n'),
            "does not enable gosec",
            (LINT, 2),
        ),
        "empty": fails(config("version: 2\n"), "does not enable bodyclose, errorlint, gosec and revive or stylecheck"),
        "none": fails(config(f"version: 2\nlinters: {{default: none, enable: {ALL}}}\n"), "errcheck, govet"),
        "version 1, all off": fails(config(f"linters: {{disable-all: true, enable: {ALL}}}\n"), "errcheck, govet"),
        "disabled": fails(
            config(f"version: 2\nlinters:\n  enable: {ALL}\n  disable:\n    - errcheck\n"),
            "disables errcheck",
            (LINT, 5),
        ),
        "excluded everywhere": fails(
            config(f"version: 2\nlinters:\n  enable: {ALL}\n  exclusions:\n    rules:\n      - {{path: ., {GOSEC}}}\n"),
            "excludes every file from gosec",
            (LINT, 6),
        ),
        "excluded without a condition": fails(
            config(f"linters: {{enable: {ALL}}}\nissues: {{exclude-rules: [{{linters: [errorlint]}}]}}\n"),
            "from errorlint",
            (LINT, 2),
        ),
        "all paths are excluded": fails(
            config(f"version: 2\nlinters: {{enable: {ALL}, exclusions: {{paths: ['.*']}}}}\n"), "from all linters"
        ),
        "findings do not count": fails(
            config(f"version: 2\nlinters: {{enable: {ALL}}}\nrun: {{issues-exit-code: 0}}\n"),
            "lets golangci-lint end well",
            (LINT, 3),
        ),
        "no configuration": fails(CODE, "There is no .golangci.yml"),
        "no Go": skips({LINT: "version: 2\n"}, "no Go code"),
        "TOML": errs({**CODE, ".golangci.toml": "version = 2\n"}, "not YAML"),
        "not YAML": errs(config("linters: [\n")),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)


def test_go_versions() -> None:
    parsed = _goversions.parsed
    assert parsed("1.26") == (1, 26, 0)
    assert parsed("go1.27rc1") == (1, 27, 0)
    assert parsed("1.26.4") == (1, 26, 4)
    assert parsed("1.26", 999) == (1, 26, 999)
    assert parsed("1.9") < parsed("1.26")  # type: ignore[operator]
    assert [parsed(text) for text in ("", "1", "1.x", "1.2.3.4", f"1.{'9' * 5000}", "stable")] == [None] * 6
