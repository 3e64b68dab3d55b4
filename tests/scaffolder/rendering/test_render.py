"""What a render is."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from portal.foundation.errors import InputError
from scaffolder import library, rendering
from scaffolder.models import TemplateVersion
from scaffolder.rendering import client
from scaffolder.rendering.output import LOCK_PATH
from tests.scaffolder.fixture_library import REF, VALUES, write_library
from tests.scaffolder.rendering.conftest import Rendering


def bytes_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_values_give_the_same_bytes(render: Rendering) -> None:
    one, two = render(), render()
    assert bytes_of(one.directory) == bytes_of(two.directory)
    assert one.digest == two.digest


def test_another_value_gives_another_digest(render: Rendering) -> None:
    assert render().digest != render(description="Something else").digest


def test_chosen_capability_brings_its_files_and_keeps_others_out(render: Rendering) -> None:
    without, chosen = render(), render(postgres=True)
    assert "PostgreSQL" in (chosen.directory / "internal/store.go").read_text(encoding="utf-8")
    assert "in memory" in (without.directory / "internal/store.go").read_text(encoding="utf-8")
    assert (chosen.directory / "pkg/postgres/pool.go").exists()
    assert not (without.directory / "pkg/postgres").exists()
    assert 'fmt.Println("postgres")' in (chosen.directory / "cmd/server/main.go").read_text(encoding="utf-8")
    assert 'fmt.Println("postgres")' not in (without.directory / "cmd/server/main.go").read_text(encoding="utf-8")


def test_module_placeholder_becomes_the_module_everywhere(render: Rendering) -> None:
    made = render(modulePath="github.com/acme/Ledger/v2")
    for path in ("cmd/server/main.go", "api/server.gen.go"):
        assert '"github.com/acme/Ledger/v2/pkg/greet"' in (made.directory / path).read_text(encoding="utf-8")
    assert (made.directory / "go.mod").read_text(encoding="utf-8").startswith("module github.com/acme/Ledger/v2\n")


def test_verbatim_files_are_copied(render: Rendering) -> None:
    assert (render().directory / "api/raw.gen.go").read_text(encoding="utf-8").endswith("// [[= stays as it is ]]\n")


def test_go_and_shell_syntax_comes_through_untouched(render: Rendering) -> None:
    made = render()
    assert '[][]string{{"a"}}' in (made.directory / "cmd/server/main.go").read_text(encoding="utf-8")
    assert "[[ -f x ]]" in (made.directory / "scripts/run.sh").read_text(encoding="utf-8")


def test_executable_files_stay_executable(render: Rendering) -> None:
    modes = {file.path: file.mode for file in render().files}
    assert modes["scripts/run.sh"] == "100755"
    assert set(modes.values()) == {"100644", "100755"}
    assert sum(mode == "100755" for mode in modes.values()) == 1


def test_files_of_the_render_are_as_listed(render: Rendering) -> None:
    made = render()
    assert {file.path: (file.sha256, file.size) for file in made.files} == {
        path: (hashlib.sha256(content).hexdigest(), len(content))
        for path, (content, _) in bytes_of(made.directory).items()
    }
    assert [file.path for file in made.files] == sorted(file.path for file in made.files)


def test_lock_names_template_answers_and_every_file_but_itself(render: Rendering) -> None:
    made = render(postgres=True)
    text = (made.directory / LOCK_PATH).read_text(encoding="utf-8")
    lock = json.loads(text)
    assert lock == made.lock
    assert text == json.dumps(lock, indent=2, sort_keys=True) + "\n"
    assert lock["answers"] == {**VALUES, "postgres": True}
    assert lock["template"]["ref"] == REF
    assert [layer["name"] for layer in lock["layers"]] == [
        "platform", "base", "capabilities/postgres", "services/tiny"
    ]  # fmt: skip
    assert set(lock["files"]) == {file.path for file in made.files} - {LOCK_PATH}


def test_lock_tells_who_owns_a_file_and_which_files_guard(render: Rendering) -> None:
    files = render().lock["files"]
    assert files["pkg/greet/greet.go"]["class"] == "platform"
    assert files["api/server.gen.go"]["class"] == "generated"
    assert files["README.md"]["class"] == "team"
    assert files[".github/workflows/ci.yml"]["guard"] is True
    assert "guard" not in files["README.md"]


def test_unicode_in_values_comes_through(render: Rendering) -> None:
    made = render(description="Zahlungen, Größe ✓ 台帳")
    assert "Zahlungen, Größe ✓ 台帳" in (made.directory / "README.md").read_text(encoding="utf-8")
    assert made.lock["answers"]["description"] == "Zahlungen, Größe ✓ 台帳"


def test_second_render_in_the_same_place_is_refused(tmp_path: Path) -> None:
    loaded = library.load(write_library(tmp_path / "library"))
    rendering.render_with(loaded, REF, VALUES, tmp_path / "render")
    with pytest.raises(rendering.RenderError, match="in this place already"):
        rendering.render_with(loaded, REF, VALUES, tmp_path / "render")


def test_nothing_is_left_beside_the_render(tmp_path: Path) -> None:
    loaded = library.load(write_library(tmp_path / "library"))
    rendering.render_with(loaded, REF, VALUES, tmp_path / "out" / "render")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["render"]


def test_template_version_is_rendered_by_its_digest(tmp_path: Path, settings: Settings) -> None:
    settings.GOLDPATH_TEMPLATES = tmp_path / "templates"
    write_library(tmp_path / "templates" / "go")
    old = library.load()
    version = TemplateVersion(ref=REF, version="0.1.0", digest=old.digest)
    first = rendering.render_service(version, VALUES, tmp_path / "first")
    (tmp_path / "templates/go/base/files/README.md").write_text("# Changed for all\n", encoding="utf-8")
    library.loading._loaded.clear()
    assert library.load().digest != old.digest
    again = rendering.render_service(version, VALUES, tmp_path / "again")
    assert again.digest == first.digest


def test_prepared_server_has_every_template_compiled(tmp_path: Path, settings: Settings) -> None:
    settings.GOLDPATH_TEMPLATES = tmp_path / "templates"
    write_library(tmp_path / "templates" / "go")
    library.loading._loaded.clear()
    rendering.prepare()
    assert len(list((tmp_path / "home/cache/compositions").iterdir())) == 2
    write_library(tmp_path / "templates" / "go", {"base/files/README.md": "<%% if %%>\n"})
    library.loading._loaded.clear()
    with pytest.raises(rendering.RenderError, match=r"README.md line 1"):
        rendering.prepare()


def test_version_that_is_gone_is_refused_with_a_way_out(tmp_path: Path) -> None:
    version = TemplateVersion(ref=REF, version="0.0.1", digest="sha256:" + "0" * 64)
    with pytest.raises(rendering.RenderError, match="Start again with the current one"):
        rendering.render_service(version, VALUES, tmp_path / "first")


def test_render_server_that_was_killed_is_replaced(render: Rendering) -> None:
    render()
    server = client._server
    assert server is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert render(description="After the kill").files


def test_render_server_ends_with_its_portal_process() -> None:
    code = (
        "import django; django.setup()\n"
        "import os, signal\n"
        "from scaffolder.rendering import client\n"
        "print(client._running().process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    server = int(done.stdout)
    for _ in range(100):
        if not Path(f"/proc/{server}").exists() or "(zombie)" in Path(f"/proc/{server}/status").read_text():
            return
        import time

        time.sleep(0.05)
    pytest.fail("the render server outlived its portal process")


def test_renderer_knows_neither_django_nor_the_database() -> None:
    code = "import sys, scaffolder.render; print([name for name in sys.modules if name.split('.')[0] == 'django'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "../../escaped"),
        ("name", "/etc/passwd"),
        ("name", "a/b"),
        ("name", "a..b"),
        ("name", "-x"),
        ("name", "x" * 64),
        ("name", "a--b"),
        ("name", ""),
        ("name", None),
        ("name", "a\n"),
        ("name", "con"),
        ("name", "v1"),
        ("modulePath", "net/http"),
        ("modulePath", "example.com/vendor/x"),
        ("modulePath", "example.com/x/v1"),
        ("modulePath", "example.com/x y"),
        ("modulePath", "example.com/../x"),
        ("modulePath", '"; import "os'),
        ("modulePath", "example.com/x\nreplace a => b"),
        ("owner", "group:default/a/../b"),
        ("owner", "a\nb: c"),
        ("system", "x: y"),
        ("description", "a\x00b"),
        ("description", "a\x1b[31mb"),
        ("description", "a\u202eb"),
        ("description", "x" * 1_000_000),
        ("description", 7),
        ("logger", "x" * 5000),
    ],
)
def test_path_traversal_control_characters_and_huge_values_are_refused(
    render: Rendering, tmp_path: Path, key: str, value: object
) -> None:
    before = set(tmp_path.parent.iterdir())
    with pytest.raises(InputError) as refused:
        render(**{key: value})
    assert [field.path for field in refused.value.fields] == [(key,)]
    assert set(tmp_path.parent.iterdir()) == before


def test_a_service_that_is_there_already_keeps_a_name_that_no_new_one_may_have(tmp_path: Path) -> None:
    loaded = library.load(write_library(tmp_path / "library"))
    values, recorded = {**VALUES, "name": "con"}, {"module": "example.com/x/v1"}
    made = rendering.render_with(loaded, REF, values, tmp_path / "render", recorded=recorded)
    assert (made.directory / "go.mod").read_text(encoding="utf-8").startswith("module example.com/x/v1\n")


@pytest.mark.parametrize(
    "payload",
    [
        "{{ cookiecutter.__class__.__mro__ }}",
        "[[= 7 * 7 ]]",
        "<%% for x in [1] %%>x<%% endfor %%>",
        "<## gone ##>",
        "//% if true",
        "{{ lipsum.__globals__['os'].popen('touch pwned').read() }}",
        "[[= lipsum.__globals__['os'].popen('touch pwned').read() ]]",
        "${{ secrets.TOKEN }} `id` $(id) \\ \" ' # : - >",
    ],
)
def test_template_syntax_in_a_value_stays_text(render: Rendering, tmp_path: Path, payload: str) -> None:
    made = render(description=payload)
    assert payload in (made.directory / "README.md").read_text(encoding="utf-8")
    assert made.lock["answers"]["description"] == payload
    assert not list(tmp_path.rglob("pwned"))
