"""Posts to addresses that people typed in.

Such an address may point into the portal's own network (server-side request forgery). The name is resolved once, the
address that came out is judged, and the connection goes to that address and no other, so that a name cannot change its
meaning in between. Redirects are not followed. The whole exchange has one time limit: a receiver that answers a byte
at a time would outlive any limit on single reads.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

from portal.foundation.errors import InputError

SECONDS = 10.0
MAX_URL = 500
_PORTS = {"http": 80, "https": 443}


class PostError(Exception):
    """The post did not get an answer; the message says why, without the address, which may hold a secret."""


def checked_url(url: str) -> SplitResult:
    """Return the parts of an address that `post` can use: http(s), a host, no user, no fragment; else InputError."""
    refusal = "Give a full address, like https://example.com/hooks/goldpath."
    if not 0 < len(url) <= MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InputError(f"{refusal} It has at most {MAX_URL} characters, and no blanks.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InputError(refusal) from None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise InputError(refusal)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InputError("The address may hold no user, no password and no fragment.")
    return parts


def refuse_private(url: str) -> None:
    """Raise InputError when the address leads into a private network now; `post` asks again each time.

    A name that does not resolve yet is let through.
    """
    parts = checked_url(url)
    try:
        _resolve(parts, allow_private=False)
    except _PrivateError as error:
        raise InputError(str(error)) from None
    except PostError:
        return


def post(url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool) -> int:
    """POST `body` and return the status of the answer, whose content is not read.

    Raises PostError when there is no answer within ten seconds, and InputError for an address that cannot be used.
    """
    parts = checked_url(url)
    address = _resolve(parts, allow_private=allow_private)
    try:
        return _exchange(parts, address, body, headers)
    except ssl.SSLCertVerificationError as error:
        raise PostError(f"The certificate is not valid: {error.verify_message}.") from None
    except ssl.SSLError as error:
        raise PostError(f"TLS failed: {(error.reason or 'the connection ended').lower().replace('_', ' ')}.") from None
    except TimeoutError:
        raise PostError(f"No answer within {SECONDS:g} seconds.") from None
    except OSError as error:
        raise PostError(f"The connection failed: {(error.strerror or 'it was closed').lower()}.") from None
    except http.client.HTTPException:
        raise PostError("The answer is not HTTP.") from None


class _PrivateError(PostError):
    pass


def _resolve(parts: SplitResult, *, allow_private: bool) -> tuple[str, int]:
    """Return one public address of the host, or raise."""
    from requests_hardened.ip_filter import InvalidIPAddress, get_ip_address  # it brings requests: only when needed

    host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
    try:
        if allow_private:
            return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]), port
        return str(get_ip_address(host, port, allow_loopback=False)[0]), port
    except InvalidIPAddress:
        raise _PrivateError(
            "This address leads into a private network, which is not allowed here. "
            "An operator can allow it with GOLDPATH_WEBHOOK_PRIVATE=1."
        ) from None
    except (OSError, UnicodeError):
        raise PostError("The name of the host cannot be resolved.") from None


def _exchange(parts: SplitResult, address: tuple[str, int], body: bytes, headers: Mapping[str, str]) -> int:
    with socket.create_connection(address, timeout=SECONDS) as stream, _limited(stream) as is_over:
        try:
            status = _ask(parts, stream, body, headers)
        except (OSError, http.client.HTTPException):
            if is_over.is_set():
                raise TimeoutError from None
            raise
        if is_over.is_set():  # an answer that was cut off in its headers looks like a whole one
            raise TimeoutError
        return status


def _ask(parts: SplitResult, stream: socket.socket, body: bytes, headers: Mapping[str, str]) -> int:
    host = str(parts.hostname)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, _PORTS[parts.scheme])  # the socket is connected already
    connection.sock = stream
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        connection.request("POST", target, body=body, headers={**headers, "Host": parts.netloc})
        with connection.getresponse() as response:
            return response.status
    finally:
        connection.close()


@contextmanager
def _limited(stream: socket.socket) -> Iterator[threading.Event]:
    """Shut the connection down when the time is up, whatever is being waited for, and set the event."""
    twin = stream.dup()  # TLS takes the first one over
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        with suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()
        timer.join()
        twin.close()
