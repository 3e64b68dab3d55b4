"""Which tool a command runs, whatever it is wrapped in: `npx`, `go run`, `docker run`, `sudo`, `env`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

Words = tuple[str, ...]

_MOST_WRAPPERS = 8
_PLAIN = frozenset({"sudo", "time", "exec", "command", "nohup", "env", "nice", "npx", "bunx", "uvx", "!"})
_RUNNERS = {
    ("npm", "exec"): 2, ("pnpm", "exec"): 2, ("pnpm", "dlx"): 2, ("yarn", "dlx"): 2, ("yarn", "exec"): 2,
    ("yarn", "run"): 2, ("pipx", "run"): 2, ("python", "-m"): 2, ("python3", "-m"): 2,
}  # fmt: skip
_WITH_VALUE = {
    "sudo": frozenset({"-u", "-g", "--user", "--group"}),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "npx": frozenset({"-p", "--package"}),
    "go": frozenset({"-C", "-modfile", "-mod", "-tags", "-p", "-ldflags", "-gcflags", "-exec", "-overlay"}),
    "docker": frozenset({
        "-v", "--volume", "-e", "--env", "-w", "--workdir", "-u", "--user", "--name", "--network", "--net", "-p",
        "--publish", "--platform", "--mount", "--env-file", "-l", "--label", "--add-host", "--entrypoint", "--cpus",
        "-m", "--memory", "--tmpfs", "--pull",
    }),
}  # fmt: skip
_KNOWN_AS = {
    "@redocly/cli": "redocly", "redocly/cli": "redocly", "redocly-cli": "redocly",
    "@graphql-inspector/cli": "graphql-inspector",
    "@stoplight/spectral-cli": "spectral", "spectral-cli": "spectral", "@quobix/vacuum": "vacuum",
    "detect_secrets": "detect-secrets", "pre_commit": "pre-commit",
}  # fmt: skip
_LANGUAGES = frozenset({"golang", "node", "python", "alpine", "debian", "ubuntu"})
"""Images that bring no tool of their own: they run what follows."""


def tool(words: Sequence[str]) -> Words:
    """Return the tool that a command runs and the tool's arguments; nothing when there is none.

    The tool is a bare name: no folder, no version, no registry.
    """
    rest = tuple(words)
    for _ in range(_MOST_WRAPPERS):
        inner = _unwrapped(rest)
        if inner == rest:
            break
        rest = inner
    return (_name(rest[0]), *rest[1:]) if rest else ()


def is_any(name: str, *tools: str) -> bool:
    """Tell whether a name is one of the tools; `golangci-lint-v2.13.1` is golangci-lint."""
    if name in tools:
        return True
    return "-" in name and any(
        name.startswith(f"{each}-") and name[len(each) + 1 :].lstrip("v")[:1].isdigit() for each in tools
    )


def options(arguments: Sequence[str], *names: str) -> list[str]:
    """Return the values that options are given, as `--name value` or as `--name=value`."""
    found: list[str] = []
    for word, following in pairwise((*arguments, "")):
        name, is_joined, value = word.partition("=")
        if name in names:
            found.append(value if is_joined else following)
    return found


def _is_version(text: str) -> bool:
    return text.removeprefix("v")[:1].isdigit()


def _unwrapped(words: Words) -> Words:
    """Return the command without its outermost wrapper, or as it is."""
    if not words:
        return words
    name = words[0].rpartition("/")[2]
    if name == "command" and words[1:2] in (("-v",), ("-V",)):
        return words
    if name in _PLAIN:
        return _after_options(words[1:], _WITH_VALUE.get(name, frozenset()))
    if name == "timeout":
        return _after_options(words[1:], frozenset({"-k", "-s"}))[1:]
    if words[:2] in _RUNNERS or (name, *words[1:2]) in _RUNNERS:
        return _after_options(words[2:], frozenset({"--package", "-p", "--spec"}))
    unwrap = _UNWRAP.get(name)
    return unwrap(words) if unwrap else words


def _go(words: Words) -> Words:
    rest = words[1:]
    while rest[:1] == ("-C",):
        rest = rest[2:]
    if rest[:1] not in (("run",), ("tool",)):
        return ("go", *rest)
    rest = _after_options(rest[1:], _WITH_VALUE["go"])
    return (_package(rest[0]), *rest[1:]) if rest else ("go",)


def _docker(words: Words) -> Words:
    if words[1:2] != ("run",):
        return words
    rest = _after_options(words[2:], _WITH_VALUE["docker"])
    entrypoint = next(iter(options(words, "--entrypoint")), "")
    if not rest:
        return words
    image = "/".join(rest[0].partition("@")[0].split("/")[-2:])
    known = image.rpartition(":")[0] or image
    name = entrypoint or _KNOWN_AS.get(known) or known.rpartition("/")[2]
    inner = rest[1:]
    # An image may be followed by its tool's name once more.
    is_command = not entrypoint and bool(inner) and (name in _LANGUAGES or _name(inner[0]) == name)
    return inner if is_command else (name, *inner)


_UNWRAP: dict[str, Callable[[Words], Words]] = {"go": _go, "docker": _docker, "podman": _docker}


def _after_options(words: Words, with_value: frozenset[str]) -> Words:
    """Return what follows the options and assignments at the beginning."""
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return words[at + 1 :]
        is_assignment = "=" in word and word.partition("=")[0].isidentifier()
        if not word.startswith("-") and not is_assignment:
            break
        at += 2 if word in with_value else 1
    return words[at:]


def _package(path: str) -> str:
    """Return the name of the command that a Go package path builds."""
    parts = [part for part in path.partition("@")[0].split("/") if part]
    if len(parts) > 1 and parts[-1][:1] == "v" and parts[-1][1:].isdigit():
        parts.pop()
    return parts[-1] if parts else path


def _name(word: str) -> str:
    scope = word.rpartition("@")[0] if word.rfind("@") > 0 else word
    return _KNOWN_AS.get(scope) or scope.rpartition("/")[2]
