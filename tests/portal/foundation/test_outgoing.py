from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.foundation import outgoing
from portal.foundation.errors import InputError
from portal.foundation.outgoing import PostError, post
from tests.conformance.services.receiver import dripping, free_port, receiving


def send(url: str, *, allow_private: bool = True) -> int:
    return post(url, b"{}", {"Content-Type": "application/json"}, allow_private=allow_private)


def resolving_to(*addresses: str) -> Any:
    """Return a resolver that says so, one address a question."""
    left = list(addresses)

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        address = left.pop(0)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def test_what_is_posted_arrives_whole() -> None:
    with receiving() as receiver:
        assert send(receiver.url) == 204
        ((path, headers, body),) = receiver.posts
    assert (path, body, headers["Content-Type"]) == ("/hook?team=a", b"{}", "application/json")
    assert headers["Host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiving() as inner, receiving() as receiver:
        receiver.status, receiver.headers = status, {"Location": inner.url}
        assert send(receiver.url) == status
        assert inner.posts == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:8000/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
    ],
)
def test_server_side_request_forgery_is_refused(url: str) -> None:
    with pytest.raises(PostError, match="private network"):
        send(url, allow_private=False)
    with pytest.raises(InputError, match="GOLDPATH_WEBHOOK_PRIVATE"):
        outgoing.refuse_private(url)


def test_a_public_name_that_resolves_to_loopback_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to("127.0.0.1"))
    with pytest.raises(PostError, match="private network"):
        send("https://hooks.example.com/", allow_private=False)


def test_dns_rebinding_finds_no_second_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is public when it is judged and private a moment later: the connection goes where the judge looked."""
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to("203.0.114.7", "127.0.0.1"))
    asked: list[Any] = []

    def connect(address: Any, **_: Any) -> Any:
        asked.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(PostError, match="connection refused"):
        send("http://hooks.example.com:8080/", allow_private=False)
    assert asked == [("203.0.114.7", 8080)]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: evil",
        "https://example.com/\x00",
        "https://ex\u00e4mple.com/",
        "https://[::1/",
        "https://example.com/" + "x" * 500,
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        send(url)


def test_a_receiver_that_answers_a_byte_at_a_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ") as url, pytest.raises(PostError, match="No answer within"):
        send(url)


def test_a_receiver_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    with receiving() as receiver:
        receiver.gate.clear()
        with pytest.raises(PostError, match="No answer within"):
            send(receiver.url)


def test_a_handshake_a_byte_at_a_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    with dripping(b"\x16\x03\x03\x40\x00") as url, pytest.raises(PostError, match="No answer within"):
        send(url.replace("http:", "https:"))


def test_what_is_no_http_is_said() -> None:
    with dripping(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as url, pytest.raises(PostError, match="not HTTP"):
        send(url)


def test_nobody_listening_is_said_without_the_address() -> None:
    port = free_port()
    with pytest.raises(PostError) as error:
        send(f"http://127.0.0.1:{port}/token-in-the-path")
    assert str(error.value) == "The connection failed: connection refused."


def test_a_name_that_does_not_exist_is_said() -> None:
    with pytest.raises(PostError, match="cannot be resolved"):
        send("http://nowhere.invalid/", allow_private=False)
    outgoing.refuse_private("http://nowhere.invalid/")


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate of its own authority for `name`, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(name))]
    except ValueError:
        names = [x509.DNSName(name)]
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


def serving(public: Path, private: Path) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return lambda stream: context.wrap_socket(stream, server_side=True)


def test_the_certificate_is_judged_by_the_name_not_by_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = certificate(tmp_path, "localhost")
    with receiving(wrap=serving(public, private)) as receiver:
        port = receiver.url.split("/")[2].rpartition(":")[2]
        with pytest.raises(PostError, match="certificate is not valid"):
            send(f"https://localhost:{port}/")
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        assert send(f"https://localhost:{port}/hook") == 204
        with pytest.raises(PostError, match="certificate is not valid"):
            send(f"https://127.0.0.1:{port}/")
        assert [path for path, _, _ in receiver.posts] == ["/hook"]
