"""Templates that try to break out. Each of these worked against cookiecutter itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from scaffolder import library, rendering, sandbox
from scaffolder.rendering import client, output, service
from scaffolder.syntax import JINJA_ENV, TOP_FOLDER
from tests.scaffolder.fixture_library import REF, VALUES, write_library
from tests.scaffolder.rendering.conftest import Rendering


def composed(tmp_path: Path) -> library.Composition:
    """Return a composition of the fixture library that a test may tamper with."""
    loaded = library.load(write_library(tmp_path / "library"))
    return library.compose(loaded, loaded.templates[REF], [])


def render_tampered(composition: library.Composition, into: Path, **context: str) -> None:
    """Render what the composition's folder holds now."""
    client.stop()
    service.render_composition(composition, {**dict.fromkeys(library.context.KEYS, "x"), **context}, into)


@pytest.mark.parametrize(
    "payload",
    [
        "[[= lipsum.__globals__['os'].popen('touch pwned').read() ]]",
        "[[= cycler.__init__.__globals__.os.popen('touch pwned').read() ]]",
        "[[= ''.__class__.__mro__[1].__subclasses__() ]]",
        "[[= cookiecutter.__class__ ]]",
        "[[= (cookiecutter.name ~ '').format.__self__.__class__ ]]",
        "[[= '{0.__class__.__mro__}'.format(cookiecutter) ]]",
        "<%% set x = cookiecutter.update({'name': 'y'}) %%>",
        "[[= 'a'|attr('__class__') ]]",
        "[[= self.__init__.__globals__ ]]",
        "[[= range(1000000000) | list ]]",
    ],
)
def test_code_in_a_template_body_is_refused(render: Rendering, tmp_path: Path, payload: str) -> None:
    with pytest.raises(rendering.RenderError, match="cannot be rendered"):
        render({"base/files/README.md": payload + "\n"})
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize(
    "payload",
    [
        "<%% include '/etc/passwd' %%>",
        "<%% include '../../../../../../etc/passwd' %%>",
        "<%% import 'os' as os %%>[[= os ]]",
        "[[= random_ascii_string(5) ]]",
        "<%% now 'utc' %%>",
        "[[= uuid4() ]]",
    ],
)
def test_reading_outside_and_chance_are_refused(render: Rendering, payload: str) -> None:
    with pytest.raises(rendering.RenderError):
        render({"base/files/README.md": payload + "\n"})


def test_undefined_variable_is_an_error_with_its_file(render: Rendering) -> None:
    with pytest.raises(rendering.RenderError) as failed:
        render({"base/files/README.md": "[[= cookiecutter.nmae ]]\n"})
    assert "nmae" in failed.value.message


def test_syntax_error_names_file_and_line(render: Rendering) -> None:
    with pytest.raises(rendering.RenderError, match=r"README.md line 2"):
        render({"base/files/README.md": "\n[[= cookiecutter. ]]\n"})


def test_endless_template_is_stopped(render: Rendering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.request, "__kwdefaults__", {"seconds": 1.0})
    loop = "<%% for a in range(90000) %%><%% for b in range(90000) %%><%% endfor %%><%% endfor %%>\n"
    with pytest.raises(rendering.RenderError, match="stopped"):
        render({"base/files/README.md": loop})


def test_template_that_eats_memory_is_stopped(render: Rendering) -> None:
    with pytest.raises(rendering.RenderError):
        render({"base/files/README.md": "[[= 'x' * 3000000000 ]]\n"})


def test_endless_constant_does_not_stop_the_server(
    render: Rendering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.request, "__kwdefaults__", {"seconds": 1.0})
    with pytest.raises(rendering.RenderError):
        render({"base/files/README.md": "[[= 9 ** 999999999 ]]\n"})
    monkeypatch.undo()
    assert render(description="The next one").files


def test_template_that_fills_the_disk_is_stopped(render: Rendering, tmp_path: Path) -> None:
    with pytest.raises(rendering.RenderError):
        render({"base/files/README.md": "[[= 'x' * 20000000 ]]\n"})
    assert not list(tmp_path.glob(".render-*"))


@pytest.mark.parametrize("name", ["../escaped", "/tmp/goldpath-escaped", "a/../../escaped"])
def test_output_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    composition = composed(tmp_path)
    with pytest.raises(rendering.RenderError, match="ValueError"):
        render_tampered(composition, tmp_path / "out" / "render", name=name)
    assert not list((tmp_path / "out").iterdir())
    assert not list(tmp_path.rglob("escaped"))
    assert not Path("/tmp/goldpath-escaped").exists()


def test_variable_file_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    composition = composed(tmp_path)
    (composition.directory / TOP_FOLDER / "[[=cookiecutter.title]].txt").write_text("x", encoding="utf-8")
    with pytest.raises(rendering.RenderError, match="names of files are fixed"):
        render_tampered(composition, tmp_path / "out" / "render", name="ok", title="../../../escaped")
    assert not list(tmp_path.rglob("escaped*"))


def test_symlink_in_a_template_is_not_read(tmp_path: Path) -> None:
    composition = composed(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("do not copy", encoding="utf-8")
    (composition.directory / TOP_FOLDER / "README.md").unlink()
    (composition.directory / TOP_FOLDER / "README.md").symlink_to(secret)
    with pytest.raises(rendering.RenderError, match="links are not allowed"):
        render_tampered(composition, tmp_path / "out" / "render", name="ok")
    assert not list((tmp_path / "out").rglob("README.md"))


def test_linked_folder_in_a_template_is_not_read(tmp_path: Path) -> None:
    composition = composed(tmp_path)
    (composition.directory / TOP_FOLDER / "etc").symlink_to("/etc")
    with pytest.raises(rendering.RenderError, match="links are not allowed"):
        render_tampered(composition, tmp_path / "out" / "render", name="ok")


@pytest.mark.parametrize(
    "forged",
    [
        {"_extensions": ["os.path"], "_jinja2_env_vars": JINJA_ENV},
        {"_jinja2_env_vars": {**JINJA_ENV, "extensions": ["jinja2.ext.do"]}},
        {"_jinja2_env_vars": {}},
        {"_jinja2_env_vars": JINJA_ENV, "_template": "https://example.com/x.git"},
        {},
    ],
)
def test_imports_and_other_syntax_by_cookiecutter_json_are_refused(tmp_path: Path, forged: dict[str, Any]) -> None:
    composition = composed(tmp_path)
    (composition.directory / "cookiecutter.json").write_text(json.dumps(forged), encoding="utf-8")
    with pytest.raises(rendering.RenderError, match="settings that are not allowed"):
        render_tampered(composition, tmp_path / "out" / "render", name="ok")


def test_hooks_do_not_run(tmp_path: Path) -> None:
    composition = composed(tmp_path)
    hooks = composition.directory / "hooks"
    hooks.mkdir()
    for name in ("pre_gen_project.sh", "post_gen_project.sh", "pre_prompt.sh"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/pwned\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    render_tampered(composition, tmp_path / "out" / "render", name="ok")
    assert not (tmp_path / "pwned").exists()


def test_private_settings_cannot_come_in_by_the_context(tmp_path: Path) -> None:
    composition = composed(tmp_path)
    render_tampered(composition, tmp_path / "out" / "render", name="ok", _extensions="os", _copy_without_render="*")
    assert "[[=" not in (tmp_path / "out/render/README.md").read_text(encoding="utf-8")


@pytest.fixture
def rendered(tmp_path: Path) -> tuple[Path, library.Composition]:
    """An honest render, and the composition that it must equal."""
    composition = composed(tmp_path)
    into = tmp_path / "out" / "render"
    service.render_composition(composition, dict.fromkeys((*library.context.KEYS, "postgres"), "x"), into)
    return into, composition


def test_honest_output_is_accepted(rendered: tuple[Path, library.Composition]) -> None:
    folder, composition = rendered
    assert {file.path for file in output.inspect(folder, composition.files)} == set(composition.files)


def test_symlink_in_the_output_is_refused(rendered: tuple[Path, library.Composition]) -> None:
    folder, composition = rendered
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to("/etc/passwd")
    with pytest.raises(rendering.RenderError, match="links are not allowed"):
        output.inspect(folder, composition.files)


def test_linked_folder_in_the_output_is_refused(rendered: tuple[Path, library.Composition]) -> None:
    folder, composition = rendered
    (folder / "etc").symlink_to("/etc")
    with pytest.raises(rendering.RenderError, match="links are not allowed"):
        output.inspect(folder, composition.files)


def test_hard_link_in_the_output_is_refused(rendered: tuple[Path, library.Composition], tmp_path: Path) -> None:
    folder, composition = rendered
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    (folder / "README.md").unlink()
    os.link(secret, folder / "README.md")
    with pytest.raises(rendering.RenderError, match="not an ordinary file"):
        output.inspect(folder, composition.files)


def test_named_pipe_in_the_output_is_refused(rendered: tuple[Path, library.Composition]) -> None:
    folder, composition = rendered
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")
    with pytest.raises(rendering.RenderError, match="not an ordinary file"):
        output.inspect(folder, composition.files)


@pytest.mark.parametrize(
    "path", [".git/config", ".GIT/config", ".gitmodules", ".git", "sub/.gitconfig", ".gitattributes~"]
)
def test_files_that_change_git_are_refused(rendered: tuple[Path, library.Composition], path: str) -> None:
    folder, composition = rendered
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("x", encoding="utf-8")
    with pytest.raises(rendering.RenderError, match="how git behaves"):
        output.inspect(folder, {**composition.files, path: composition.files["README.md"]})


@pytest.mark.parametrize("name", ["a\nb", "a\x1bb", "a\\b", "a\u202eb"])
def test_control_characters_in_a_file_name_are_refused(rendered: tuple[Path, library.Composition], name: str) -> None:
    folder, composition = rendered
    (folder / name).write_text("x", encoding="utf-8")
    with pytest.raises(rendering.RenderError, match="control characters"):
        output.inspect(folder, {**composition.files, name: composition.files["README.md"]})


def test_extra_and_missing_files_are_refused(rendered: tuple[Path, library.Composition]) -> None:
    folder, composition = rendered
    (folder / "extra").write_text("x", encoding="utf-8")
    with pytest.raises(rendering.RenderError, match="extra, which the template does not have"):
        output.inspect(folder, composition.files)
    (folder / "extra").unlink()
    (folder / "README.md").unlink()
    with pytest.raises(rendering.RenderError, match=r"lacks README.md"):
        output.inspect(folder, composition.files)


def test_too_many_and_too_large_files_are_refused(
    rendered: tuple[Path, library.Composition], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, composition = rendered
    monkeypatch.setattr(output, "MAX_FILES", 3)
    with pytest.raises(rendering.RenderError, match="larger than 3 files"):
        output.inspect(folder, composition.files)
    monkeypatch.setattr(output, "MAX_BYTES", 10)
    with pytest.raises(rendering.RenderError, match="larger than"):
        output.inspect(folder, composition.files)


def test_deep_folders_are_refused(rendered: tuple[Path, library.Composition]) -> None:
    folder, composition = rendered
    (folder / "/".join(["d"] * 30)).mkdir(parents=True)
    with pytest.raises(rendering.RenderError, match="deep"):
        output.inspect(folder, composition.files)


def test_child_has_no_environment_no_network_and_limits(tmp_path: Path) -> None:
    """Looks at the child itself: a render that waits is inspected through the process table."""
    import subprocess
    import sys
    import threading
    import time

    import psutil

    client.stop()
    composition = composed(tmp_path)
    (composition.directory / TOP_FOLDER / "README.md").write_text(
        "<%% for a in range(90000) %%><%% for b in range(100) %%><%% endfor %%><%% endfor %%>", encoding="utf-8"
    )
    worker = threading.Thread(
        target=render_tampered, args=(composition, tmp_path / "out/render"), kwargs={"name": "ok"}
    )
    worker.start()
    child, limits = None, ""
    for _ in range(400):
        server = client._server
        children = psutil.Process(server.process.pid).children() if server else []
        if children:
            child = children[0]
            limits = Path(f"/proc/{child.pid}/limits").read_text(encoding="utf-8")
            # The limits are the last of the confinement: before them it is only half in place.
            if "Max file size             16777216" in limits:
                break
        time.sleep(0.02)
    assert child is not None
    network = Path(f"/proc/{child.pid}/ns/net").readlink()
    environment = {key for key in child.environ() if key not in {"PYTHONPATH", "LC_ALL", "PYTHONDONTWRITEBYTECODE"}}
    worker.join(60)
    assert environment == set()
    assert "Max file size             16777216" in limits
    unshared = subprocess.run(["unshare", "-n", "true"], check=False).returncode == 0 and sys.platform == "linux"
    if unshared:
        assert network != Path("/proc/self/ns/net").readlink()


@pytest.mark.skipif(not sandbox.landlock_version(), reason="this kernel has no Landlock")
def test_process_in_the_sandbox_reads_and_writes_only_what_it_may(tmp_path: Path) -> None:
    import subprocess
    import sys

    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.mkdir()
    (other / "secret").write_text("x", encoding="utf-8")
    code = f"""
import os, sys
from scaffolder import sandbox
print(sandbox.keep_to(readable=[sys.prefix, sys.base_prefix], writable=[{str(mine)!r}]))
open({str(mine / "a")!r}, "w").write("a")
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
print(refused(lambda: open({str(other / "b")!r}, "w")))
print(refused(lambda: open({str(other / "secret")!r})))
print(refused(lambda: os.symlink("/etc", {str(mine / "link")!r})))
print(refused(lambda: os.execv("/bin/sh", ["sh", "-c", "true"])))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True"] * 5
    assert (mine / "a").exists()
    assert not (other / "b").exists()


def test_two_renders_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    loaded = library.load(write_library(tmp_path / "library"))

    def one(number: int) -> str:
        values = {**VALUES, "description": f"Number {number % 3}"}
        return rendering.render_with(loaded, REF, values, tmp_path / f"r{number}").digest

    with ThreadPoolExecutor(6) as pool:
        digests = list(pool.map(one, range(12)))
    assert len(set(digests)) == 3
    assert digests[0] == digests[3] == digests[6]
