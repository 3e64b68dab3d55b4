"""What may be the path of a Go module: https://go.dev/ref/mod#go-mod-file-ident, golang.org/x/mod/module.CheckPath."""

from __future__ import annotations

import re

_HOST = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*")
_ELEMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*(?<!\.)")
# Names of devices on Windows, where no folder can have them, and short names that it makes of long ones.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?", re.IGNORECASE)
_SHORT_NAME = re.compile(r"[^.]*~\d+(?:\..*)?")
_MAJOR_VERSION = re.compile(r"v\d[\d.]*")
_GOPKG = re.compile(r"(?:/[^/]+)?/[^/]+\.v(?:0|[1-9]\d*)(?:-unstable)?")


def is_module_path(path: str) -> bool:
    """Tell whether Go takes a text as the path of a module whose packages import each other."""
    host, *elements = path.split("/")
    if not elements or not _HOST.fullmatch(host) or not all(map(_is_element, elements)):
        return False
    if host == "gopkg.in":
        return _GOPKG.fullmatch(path.removeprefix(host)) is not None
    last = elements[-1]
    return not _MAJOR_VERSION.fullmatch(last) or re.fullmatch(r"v(?:[2-9]|[1-9]\d+)", last) is not None


def _is_element(element: str) -> bool:
    """A folder named vendor is where Go looks for copies of other modules: it cannot be in the path of one."""
    refused = (_DEVICE, _SHORT_NAME)
    return (
        element != "vendor"
        and _ELEMENT.fullmatch(element) is not None
        and not any(pattern.fullmatch(element) for pattern in refused)
    )
