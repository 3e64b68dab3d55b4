"""Git over HTTP, with the real client."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import pytest
from django.test import Client as DjangoClient
from django.utils import timezone
from pytest_django.fixtures import Settings

from portal.foundation.models import ApiToken, User
from portal.foundation.tokens import create_token
from scaffolder import git
from scaffolder.forges import RemoteRepository, forge
from scaffolder.forges.local import views
from scaffolder.models import Repository
from tests.scaffolder.forges.conftest import RENDER_REF, Client

pytestmark = [pytest.mark.usefixtures("ledger"), pytest.mark.urls("tests.scaffolder.forges.urls")]
Clients = Callable[[str], Client]
Urls = Callable[..., str]
REFS = "/git/default/ledger.git/info/refs?service=git-upload-pack"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture(autouse=True)
def rung() -> object:
    """Record what is rung instead of asking a broker."""
    with mock.patch("scaffolder.tasks.repository_pushed.apply_async") as bell:
        yield bell


@pytest.fixture
def cloned(client_in: Clients, url_for: Urls, alice: User) -> Client:
    """A clone of alice's."""
    client = client_in("alice")
    client("clone", "-q", url_for(alice), ".")
    return client


def remote_head(ledger: RemoteRepository, ref: str = "refs/heads/main") -> str:
    return git.head(Path(forge("local").push_target(ledger).url), ref)


def test_anonymous_clone_brings_the_files(client_in: Clients, url_for: Urls) -> None:
    client = client_in("nobody")
    client("clone", "-q", url_for(), ".")
    assert (client.folder / "README.md").read_text(encoding="utf-8") == "# Ledger\n"


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_every_protocol_version_clones(client_in: Clients, url_for: Urls, version: str) -> None:
    client = client_in("nobody")
    done = client("-c", f"protocol.version={version}", "clone", url_for(), ".", GIT_TRACE_PACKET="1")
    assert ("version 2" in done.stderr) == (version == "2")
    assert (client.folder / "cmd" / "main.go").exists()


def test_shallow_and_partial_clones_work(client_in: Clients, url_for: Urls) -> None:
    client_in("shallow")("clone", "-q", "--depth=1", url_for(), ".")
    partial = client_in("partial")
    partial("clone", "-q", "--filter=blob:none", "--no-checkout", url_for(), ".")
    partial("checkout", "-q", "main")
    assert (partial.folder / "README.md").exists()


def test_render_ref_can_be_fetched(client_in: Clients, url_for: Urls, ledger: RemoteRepository) -> None:
    client = client_in("nobody")
    client("init", "-q")
    client("fetch", "-q", url_for(), f"{RENDER_REF}:refs/render")
    assert client("rev-parse", "refs/render").stdout.strip() == remote_head(ledger, RENDER_REF)


def test_push_by_a_member_updates_the_record_and_rings(
    cloned: Client, ledger: RemoteRepository, rung: mock.Mock
) -> None:
    cloned.commit("a.txt", "a")
    cloned("push", "-q", "origin", "main")
    row = Repository.objects.get()
    assert row.head_commit == remote_head(ledger) == cloned("rev-parse", "HEAD").stdout.strip()
    assert row.pushed_at is not None
    rung.assert_called_once_with((str(row.pk),), retry=False)


def test_push_of_another_branch_rings_nothing(cloned: Client, ledger: RemoteRepository, rung: mock.Mock) -> None:
    before = remote_head(ledger)
    cloned.commit("a.txt", "a")
    cloned("push", "-q", "origin", "main:refs/heads/topic")
    assert Repository.objects.get().head_commit == before
    rung.assert_not_called()


def test_broker_that_is_down_does_not_deny_the_push(cloned: Client, rung: mock.Mock) -> None:
    rung.side_effect = OSError("no broker")
    cloned.commit("a.txt", "a")
    cloned("push", "-q", "origin", "main")
    assert Repository.objects.get().head_commit == cloned("rev-parse", "HEAD").stdout.strip()


def test_push_of_several_megabytes_arrives_whole(cloned: Client, client_in: Clients, url_for: Urls) -> None:
    content = b"".join(bytes([number % 251]) * 7 + str(number).encode() for number in range(600_000))
    cloned.commit("big.bin", content)
    cloned("-c", "http.postBuffer=64m", "-c", "core.compression=0", "push", "-q", "origin", "main")
    other = client_in("other")
    other("clone", "-q", url_for(), ".")
    assert (other.folder / "big.bin").read_bytes() == content


def test_chunked_push_to_a_server_that_cannot_take_it_changes_nothing(cloned: Client, ledger: RemoteRepository) -> None:
    before = remote_head(ledger)
    cloned.commit("big.bin", bytes(range(256)) * 12_000)
    done = cloned("-c", "core.compression=0", "push", "origin", "main", check=False)
    assert done.returncode != 0
    assert remote_head(ledger) == before


def test_chunked_body_to_a_server_that_cannot_take_it_is_told_what_to_do(client: DjangoClient, alice: User) -> None:
    response = client.post(
        "/git/default/ledger.git/git-receive-pack",
        b"0000",
        content_type="application/x-git-receive-pack-request",
        headers={"authorization": basic(f"alice:{create_token(alice, 'git')}"), "transfer-encoding": "chunked"},
    )
    assert response.status_code == 411
    assert "set http.postBuffer higher" in response.content.decode()


def test_compressed_question_is_understood(cloned: Client, url_for: Urls) -> None:
    for number in range(60):
        cloned("commit", "-q", "--allow-empty", "-m", f"Commit {number}")
    cloned("push", "-q", "origin", "main")
    done = cloned("-c", "protocol.version=0", "fetch", "origin", GIT_CURL_VERBOSE="1")
    assert done.returncode == 0
    for number in range(200):
        cloned("commit", "-q", "--allow-empty", "-m", f"Local {number}")
    verbose = cloned("-c", "protocol.version=2", "fetch", url_for(), RENDER_REF, GIT_CURL_VERBOSE="1")
    assert verbose.returncode == 0


def test_missing_credentials_make_git_ask(client_in: Clients, url_for: Urls, settings: Settings) -> None:
    settings.GOLDPATH_ANONYMOUS_GIT_READ = False
    done = client_in("nobody")("ls-remote", url_for(), check=False)
    assert "could not read Username" in done.stderr


def test_push_without_credentials_makes_git_ask(client_in: Clients, url_for: Urls) -> None:
    client = client_in("nobody")
    client("clone", "-q", url_for(), ".")
    client.commit("a.txt", "a")
    done = client("push", "origin", "main", check=False)
    assert "could not read Username" in done.stderr


@pytest.mark.parametrize("token", ["gp_" + "0" * 64, "password", "gp_x", "%00%ff"])
def test_forged_token_is_refused(client_in: Clients, url_for: Urls, settings: Settings, token: str) -> None:
    settings.GOLDPATH_ANONYMOUS_GIT_READ = False
    done = client_in("nobody")("ls-remote", url_for(token=token), check=False)
    assert "Authentication failed" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "header",
    [
        basic("git:gp_" + "0" * 64),
        basic("git:password"),
        basic("no colon"),
        "Basic not-base64!",
        "Basic",
        "Bearer gp_" + "0" * 64,
        "Basic " + base64.b64encode(b"git:\xff\xfe").decode(),
    ],
)
def test_wrong_credentials_are_refused_where_none_are_needed(client: DjangoClient, header: str) -> None:
    response = client.get(REFS, headers={"authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith('Basic realm="Goldpath"')


def test_expired_token_is_refused(client: DjangoClient, alice: User) -> None:
    token = create_token(alice, "old")
    assert client.get(REFS, headers={"authorization": basic(f"alice:{token}")}).status_code == 200
    ApiToken.objects.update(expiry=timezone.now() - dt.timedelta(seconds=1))
    assert client.get(REFS, headers={"authorization": basic(f"alice:{token}")}).status_code == 401


def test_token_of_a_deactivated_account_is_refused(client: DjangoClient, alice: User) -> None:
    token = create_token(alice, "git")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get(REFS, headers={"authorization": basic(f"alice:{token}")}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/git/default/ledger.git/info/refs", 403),
        ("get", "/git/default/ledger.git/info/refs?service=git-upload-archive", 403),
        ("post", "/git/default/ledger.git/info/refs?service=git-upload-pack", 405),
        ("get", "/git/default/ledger.git/git-upload-pack", 405),
        ("get", "/git/default/ledger.git/HEAD", 404),
        ("get", "/git/default/ledger.git/config", 404),
        ("get", "/git/default/ledger.git/objects/info/packs", 404),
        ("get", "/git/default/../ledger.git/info/refs?service=git-upload-pack", 404),
        ("get", "/git/default/%2e%2e/ledger.git/info/refs?service=git-upload-pack", 404),
        ("get", "/git/..%2f..%2fetc/ledger.git/info/refs?service=git-upload-pack", 404),
        ("get", "/git/default/--upload-pack=x.git/info/refs?service=git-upload-pack", 404),
        ("get", "/git/default/.draft-x.git/info/refs?service=git-upload-pack", 404),
    ],
)
def test_path_traversal_and_the_dumb_protocol_are_refused(
    client: DjangoClient, method: str, path: str, status: int
) -> None:
    response = getattr(client, method)(path)
    assert response.status_code == status


def test_oversized_question_is_refused_before_it_is_read(client: DjangoClient) -> None:
    response = client.post(
        "/git/default/ledger.git/git-upload-pack",
        b"0000",
        content_type="application/x-git-upload-pack-request",
        headers={"content-length": str(33 * 1024 * 1024)},
    )
    assert response.status_code == 413


def test_body_that_ends_early_changes_nothing(
    client: DjangoClient, alice: User, ledger: RemoteRepository, rung: mock.Mock
) -> None:
    before = remote_head(ledger)
    token = create_token(alice, "git")
    with mock.patch("scaffolder.forges.local.views._read", side_effect=[b"00", b""]):
        response = client.post(
            "/git/default/ledger.git/git-receive-pack",
            b"0000",
            content_type="application/x-git-receive-pack-request",
            headers={"authorization": basic(f"alice:{token}")},
        )
    assert response.status_code == 400
    assert remote_head(ledger) == before
    rung.assert_not_called()


def test_rules_that_cannot_run_close_the_door(cloned: Client, tmp_path: Path) -> None:
    with mock.patch.object(views, "HOOKS", tmp_path), mock.patch.object(views, "_hooks", views._hooks.__wrapped__):
        cloned.commit("a.txt", "a")
        done = cloned("push", "origin", "main", check=False)
    assert "The rules for pushes are not installed correctly" in done.stderr


def test_push_by_an_outsider_is_refused_with_a_sentence(
    client_in: Clients, url_for: Urls, charlie: User, ledger: RemoteRepository
) -> None:
    before = remote_head(ledger)
    client = client_in("charlie")
    client("clone", "-q", url_for(charlie), ".")
    client.commit("a.txt", "a")
    done = client("push", "origin", "main", check=False)
    assert done.returncode != 0
    assert "charlie may not push to default/ledger: it belongs to group:default/payments" in done.stderr
    assert remote_head(ledger) == before


def test_cross_site_request_forgery_of_a_push_is_refused(alice: User, ledger: RemoteRepository) -> None:
    before, browser = remote_head(ledger), DjangoClient()
    browser.force_login(alice)
    for path in ("info/refs?service=git-receive-pack", "git-receive-pack"):
        act = browser.get if "?" in path else browser.post
        response = act(f"/git/default/ledger.git/{path}")
        assert response.status_code == 401, "a session is no credential here"
        assert "Sign in with your user name and an API token" in response.content.decode()
    assert remote_head(ledger) == before


@pytest.mark.parametrize(
    "service",
    ["--upload-pack=touch pwned", "git-upload-pack --help", "git-receive-pack;id", "../git-upload-pack", "-x"],
)
def test_git_option_injection_by_the_service_is_refused(
    client: DjangoClient, service: str, goldpath_home: Path
) -> None:
    asked = client.get("/git/default/ledger.git/info/refs", {"service": service})
    assert (asked.status_code, "smart HTTP" in asked.content.decode()) == (403, True)
    assert client.post(f"/git/default/ledger.git/{quote(service)}").status_code == 404
    assert not list(goldpath_home.rglob("pwned"))


def test_git_option_injection_by_the_protocol_header_changes_nothing(client: DjangoClient, goldpath_home: Path) -> None:
    for header in ("version=2:--exec=touch pwned", "--upload-pack=x", "version=99", "\x00", "a" * 5000):
        response = client.get(REFS, headers={"git-protocol": header})
        assert response.status_code in {200, 400}, header
        if response.status_code == 200:
            b"".join(response)
    assert not list(goldpath_home.rglob("pwned"))


def test_platform_engineers_push_everywhere(client_in: Clients, url_for: Urls, platform_admin: User) -> None:
    client = client_in("admin")
    client("clone", "-q", url_for(platform_admin), ".")
    client.commit("a.txt", "a")
    client("push", "-q", "origin", "main")


def test_force_push_to_the_default_branch_is_refused(cloned: Client, ledger: RemoteRepository) -> None:
    before = remote_head(ledger)
    cloned("commit", "-q", "--amend", "-m", "Rewritten")
    done = cloned("push", "--force", "origin", "main", check=False)
    assert "main is protected: its history cannot be rewritten by a force push" in done.stderr
    assert remote_head(ledger) == before


def test_force_push_to_a_topic_branch_is_allowed(cloned: Client) -> None:
    cloned("push", "-q", "origin", "main:topic")
    cloned("commit", "-q", "--amend", "-m", "Rewritten")
    cloned("push", "-q", "--force", "origin", "main:topic")


def test_deletion_of_the_default_branch_is_refused(cloned: Client, ledger: RemoteRepository) -> None:
    before = remote_head(ledger)
    done = cloned("push", "origin", ":main", check=False)
    assert "main is protected and cannot be deleted" in done.stderr
    assert remote_head(ledger) == before


def test_deletion_of_a_topic_branch_is_allowed(cloned: Client, ledger: RemoteRepository) -> None:
    cloned("push", "-q", "origin", "main:topic")
    cloned("push", "-q", "origin", ":topic")
    assert remote_head(ledger, "refs/heads/topic") == ""


@pytest.mark.parametrize("refspec", ["HEAD:refs/goldpath/render", "+HEAD:refs/goldpath/x", ":refs/goldpath/render"])
def test_push_to_the_render_history_is_refused(cloned: Client, ledger: RemoteRepository, refspec: str) -> None:
    before = remote_head(ledger, RENDER_REF)
    cloned.commit("a.txt", "a")
    done = cloned("push", "origin", refspec, check=False)
    assert done.returncode != 0
    assert "kept by Goldpath" in done.stderr
    assert remote_head(ledger, RENDER_REF) == before


def test_push_outside_branches_and_tags_is_refused(cloned: Client) -> None:
    done = cloned("push", "origin", "HEAD:refs/meta/x", check=False)
    assert "neither a branch nor a tag" in done.stderr


def test_refused_ref_takes_the_whole_push_with_it(cloned: Client, ledger: RemoteRepository) -> None:
    cloned.commit("a.txt", "a")
    done = cloned("push", "origin", "HEAD:refs/heads/topic", "HEAD:refs/goldpath/render", check=False)
    assert done.returncode != 0
    assert remote_head(ledger, "refs/heads/topic") == ""


def test_unknown_repository_is_not_found(client_in: Clients, url_for: Urls) -> None:
    done = client_in("nobody")("ls-remote", url_for(name="absent"), check=False)
    assert "There is no repository default/absent" in done.stderr


def test_row_without_a_folder_is_not_found(client_in: Clients, url_for: Urls) -> None:
    Repository.objects.create(name="ghost", owner_ref="group:default/payments")
    assert "There is no repository" in client_in("nobody")("ls-remote", url_for(name="ghost"), check=False).stderr


def test_no_machine_path_reaches_the_client(
    cloned: Client, client_in: Clients, url_for: Urls, goldpath_home: Path
) -> None:
    cloned("commit", "-q", "--amend", "-m", "Rewritten")
    seen = cloned("push", "--force", "origin", "main", check=False, GIT_TRACE_PACKET="1", GIT_TRACE_CURL="1").stderr
    seen += client_in("nobody")("fetch", url_for(), "f" * 40, check=False, GIT_TRACE_PACKET="1").stderr
    seen += client_in("nobody")("ls-remote", url_for(name="absent"), check=False).stderr
    assert str(goldpath_home) not in seen
