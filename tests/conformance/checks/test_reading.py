"""What checks stand on: patterns of workflows, makefiles, wrapped tools, CI as a whole, kustomizations and patches."""

from __future__ import annotations

import pytest

from conformance.checks import _ci, _globs, _make, _manifests, _patches, _tools
from conformance.examining.subject import Subject, UnreadableError
from tests.conformance.checks.manifests import PRODUCTION, merge, overlay, patch
from tests.conformance.subjects import subject

CI = ".github/workflows/ci.yml"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("main", "main"), ("release/*", "release/1"), ("release/**", "release/1/2"), ("**", "a/b"), ("*", "main"),
        ("**.go", "a/b.go"), ("**/a.go", "a.go"), ("**/a.go", "x/y/a.go"), ("docs/**/*.md", "docs/a.md"),
        ("docs/**/*.md", "docs/a/b/c.md"), ("v[12].[0-9]+", "v1.123"), ("mai?n", "man"), ("ma+in", "maaain"),
        ("\\*", "*"), ("a[bc", "a[bc"), ("**/", "a/"), ("a**b", "a/x/b"), ("", ""),
    ],
)  # fmt: skip
def test_a_pattern_fits(pattern: str, name: str) -> None:
    assert _globs.fits(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("main", "mains"), ("release/*", "release/1/2"), ("*", "a/b"), ("**/a.go", "xa.go"),
        ("docs/**/*.md", "docs.md"),
        ("v[12].[0-9]+", "v3.1"),
        ("v[12].[0-9]+", "v1."), ("ma+in", "min"), ("*.go", "a/b.go"), ("", "a"), ("a", ""),
    ],
)  # fmt: skip
def test_a_pattern_does_not_fit(pattern: str, name: str) -> None:
    assert not _globs.fits(pattern, name)


def test_the_last_pattern_decides() -> None:
    assert _globs.lets_through(["**", "!docs/**", "docs/keep"], "docs/keep")
    assert not _globs.lets_through(["**", "!docs/**"], "docs/a")
    assert not _globs.lets_through([], "a")


def test_patterns_that_multiply_end() -> None:
    assert not _globs.fits("**a" * 160, "a" * 499 + "b")
    assert not _globs.fits("**/" * 150 + "x", "a/" * 240 + "y")


@pytest.mark.parametrize(
    ("command", "tool"),
    [
        ("golangci-lint run", "golangci-lint run"),
        ("./bin/golangci-lint-v2.13.1 run", "golangci-lint-v2.13.1 run"),
        ("sudo -E -u root env A=1 -u B timeout -k 5 10 go test", "go test"),
        ("npx --yes -p x @redocly/cli@2.1.0 lint a", "redocly lint a"),
        ("pnpm dlx @stoplight/spectral-cli lint", "spectral lint"),
        ("go run -C tools -modfile=x.mod golang.org/x/vuln/cmd/govulncheck@v1 ./...", "govulncheck ./..."),
        ("go run github.com/daveshanley/vacuum/v2@latest lint", "vacuum lint"),
        ("go run ./tools/check -x", "check -x"),
        ("go tool -modfile=tools/go.mod oapi-codegen a", "oapi-codegen a"),
        ("go tool cover -func c", "cover -func c"),
        ("go -C app test ./...", "go test ./..."),
        ("docker run --rm -v a:b -e X --name=c golang:1.26 go vet", "go vet"),
        ("docker run ghcr.io/a/golangci/golangci-lint:v2@sha256:x golangci-lint run", "golangci-lint run"),
        ("docker run redocly/cli lint a", "redocly lint a"),
        ("docker run --entrypoint sh host:5000/a/b:c -c x", "sh -c x"),
        ("docker build .", "docker build ."),
        ("docker run", "docker run"),
        ("python3 -m pre_commit run", "pre-commit run"),
        ("command -v go", "command -v go"),
        ("time command go vet", "go vet"),
        ("sudo", ""),
        ("go run", "go"),
        ("env A=1", ""),
    ],
)
def test_the_tool_behind_its_wrappers(command: str, tool: str) -> None:
    assert " ".join(_tools.tool(command.split())) == tool


def test_names_with_versions() -> None:
    assert _tools.is_any("golangci-lint-v2.13.1", "golangci-lint")
    assert _tools.is_any("buf-1.75.0", "a", "buf")
    assert not _tools.is_any("golangci-lint-langserver", "golangci-lint")
    assert not _tools.is_any("buf", "bu")


def test_options() -> None:
    assert _tools.options(["-a", "1", "-b=2", "-a=3", "-a"], "-a") == ["1", "3", ""]
    assert _tools.options([], "-a") == []


def lines(text: str, *goals: str, **given: str) -> list[str]:
    makefile = _make.makefile(subject({"Makefile": text}))
    assert makefile is not None
    return [each.text for each in _make.lines(makefile, goals, given)]


def test_make_runs_prerequisites_first_and_once() -> None:
    assert lines("all: a b\n\techo all\na: c\n\techo a\nb: c\n\techo b\nc:\n\techo c\n") == [
        "echo c", "echo a", "echo b", "echo all",
    ]  # fmt: skip


def test_make_fills_in_variables() -> None:
    recipe = "\t@$< --name=$@ ${V} $$HOME $(shell ls) $(MAKE) $(GONE)end\n"
    text = f"V := 1\nBIN = tool-$(V)\nx: $(BIN)\n{recipe}$(BIN):\n\tget $@\n"
    assert lines(text) == ["get tool-1", "tool-1 --name=x 1 $HOME  make end"]
    assert lines(text, V="2")[0] == "get tool-2"


def test_make_finds_patterns_and_the_default_goal() -> None:
    text = ".DEFAULT_GOAL := two\none:\n\techo one\ntwo: bin/a\nbin/%:\n\tget $* $@\n"
    assert lines(text) == ["get a bin/a"]
    assert lines(text, "nothing") == []


def test_make_tells_what_it_ignores_and_stands_on() -> None:
    makefile = _make.makefile(subject({"Makefile": "MIN := 90\na:\n\t-@x\n\t@- y $(MIN)\n\tz\n"}))
    assert makefile is not None
    found = list(_make.lines(makefile, [], {}))
    assert [(each.text, each.line, each.is_tolerated) for each in found] == [
        ("x", 3, True),
        ("y 90", 4, True),
        ("z", 5, False),
    ]
    assert [(each.value, each.line) for each in found[1].settings] == [("90", 1)]


def test_make_reads_parts() -> None:
    makefile = _make.makefile(
        subject({"Makefile": "include mk/go.mk\nV := own\n", "mk/go.mk": "V := part\nx:\n\techo $(V)\n"})
    )
    assert makefile is not None
    assert [(each.text, each.path) for each in _make.lines(makefile, ["x"], {})] == [("echo own", "mk/go.mk")]
    assert _make.makefile(subject({}), "app") is None


@pytest.mark.parametrize(
    "text",
    [
        "A = $(A)\nx:\n\techo $(A)\n",
        "".join(f"A{n} = $(A{n + 1})$(A{n + 1})\n" for n in range(60)) + "A60 = x\nx:\n\techo $(A0)\n",
        "x: x\n\techo\n",
        "".join(f"t{n}: t{n + 1}\n" for n in range(1500)) + "\techo\n",
        "x:\n\techo $(\n\techo $\n",
    ],
)
def test_makefiles_that_never_end_do(text: str) -> None:
    assert len("".join(lines(text))) < 10_000


def ci(steps: str, **texts: str) -> Subject:
    files = {name.replace("__", "/"): text for name, text in texts.items()}
    return subject({CI: f"on: push\njobs:\n  a:\n    steps:\n{steps}", **files})


def test_expressions_are_filled_in() -> None:
    steps = "      - env: {A: one}\n        run: echo ${{ env.A }} ${{ matrix.x }} ${{ github.sha }}\n"
    assert [each.arguments for each in _ci.ci(ci(steps)).commands] == [("one", "expression", "expression")]


def test_scripts_that_call_each_other_end() -> None:
    service = ci("      - run: sh a.sh\n", **{"a.sh": "sh b.sh\nsh b.sh\n", "b.sh": "sh a.sh\nsh a.sh\n"})
    assert len(_ci.ci(service).commands) <= 5000


def test_make_that_calls_itself_ends() -> None:
    assert len(_ci.ci(ci("      - run: make\n", Makefile="a:\n\t$(MAKE)\n\t$(MAKE)\n")).commands) <= 5000


def test_workflows_and_actions_that_call_each_other_end() -> None:
    calling = f"on: [push, workflow_call]\njobs:\n  a: {{uses: ./{CI}}}\n"
    assert _ci.ci(subject({CI: calling})).commands == ()
    action = "runs: {steps: [{uses: ./x}, {uses: ./x}]}\n"
    assert len(_ci.ci(ci("      - uses: ./x\n", **{"x__action.yml": action})).uses) < 20_000


def test_a_deep_script_is_shown_where_it_stands() -> None:
    service = ci(
        "      - run: |\n          cd app\n          bash -ec 'sh ./go.sh fast'\n",
        app__go_sh="",
        **{"app__go.sh": "\necho $1 $2.\n"},
    )
    last = _ci.ci(service).commands[-1]
    assert (last.path, last.line, last.tool, last.arguments) == ("app/go.sh", 2, "echo", ("fast", "."))
    assert (last.origin.path, last.origin.line, last.origin.job) == (CI, 5, "a")


def test_two_subjects_are_not_mixed_up() -> None:
    one, two = ci("      - run: one\n"), ci("      - run: two\n")
    assert [_ci.ci(each).commands[0].tool for each in (one, two, one)] == ["one", "two", "one"]


def test_kustomizations_know_who_stands_on_them() -> None:
    found = _manifests.deployable(subject(overlay("")))
    chain = found.chain("deployments/k8s/base/deployment.yaml")
    assert [(each.path, each.is_deployed) for each in chain] == [
        ("deployments/k8s/base/kustomization.yaml", False), (PRODUCTION, True),
    ]  # fmt: skip


def test_kustomizations_that_stand_on_each_other_end() -> None:
    texts = {
        "k8s/a/kustomization.yaml": "resources: [../b, x.yaml]\n",
        "k8s/b/kustomization.yaml": "resources: [../a]\n",
        "k8s/a/x.yaml": "",
    }
    assert len(_manifests.deployable(subject(texts)).chain("k8s/a/x.yaml")) == 2


def test_changes_of_patches() -> None:
    (one,) = _patches.changes(subject(patch("- {op: add, path: /metadata/labels/a~1b~0c, value: 1}")))
    assert (one.kind, one.keys, one.node.value, one.is_removed) == (
        "Deployment",
        ("metadata", "labels", "a/b~c"),
        1,
        False,
    )
    spec = "{template: {spec: {containers: [{name: server, image: a}, {tty: true}]}}}"
    keys = [each.keys[3:] for each in _patches.changes(subject(merge(spec))) if each.keys[0] == "spec"]
    assert keys == [("containers", "server", "name"), ("containers", "server", "image"), ("containers", "1", "tty")]


def test_a_patch_that_is_not_there_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="There is no"):
        _patches.changes(subject(overlay("patches: [{path: gone.yaml}]\n")))
