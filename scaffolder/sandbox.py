"""Takes rights away from this process, for good: the network, most of the file system, memory, time.

What the system does not offer (another kernel, another system) is left out: this is the second wall behind the
sandboxed template engine, not the first. It knows neither Django nor the rest of the portal.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Mapping, Sequence

MEGABYTE = 1024 * 1024
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_READ = 1 << 2 | 1 << 3
_CHANGE = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8
_SPECIAL = 1 << 0 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12
_TRUNCATE, _TRUNCATE_SINCE = 1 << 14, 3


def limit(limits: Mapping[int, int]) -> None:
    """Set resource limits, soft and hard; one that may not be set is left as it is."""
    for kind, value in limits.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def leave_the_network() -> None:
    """Give this process and its children an empty network."""
    library = _library()
    if library is not None and library.unshare(_CLONE_NEWNET) != 0:
        library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends, and give it no rights that it does not have now."""
    library = _library()
    if library is not None:
        library.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def landlock_version() -> int:
    """Return which version of the kernel's file system sandbox there is; 0 without one."""
    library = _library()
    return max(0, library.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)) if library is not None else 0


def keep_to(*, readable: Sequence[str], writable: Sequence[str]) -> bool:
    """Let this process read below `readable` and change files below `writable` only, run nothing and make no links.

    Returns whether the kernel enforces it. Folders that do not exist are left out.
    """
    version = landlock_version()
    library = _library()
    if not version or library is None:
        return False
    change = _CHANGE | (_TRUNCATE if version >= _TRUNCATE_SINCE else 0)
    wanted = struct.pack("Q", _READ | change | _SPECIAL)
    rules = library.syscall(_CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0:
        return False
    for access, folders in ((_READ, readable), (_READ | change, writable)):
        for folder in folders:
            _allow(library, rules, folder, access)
    library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    enforced: bool = library.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return enforced


def _allow(library: ctypes.CDLL, rules: int, folder: str, access: int) -> None:
    with contextlib.suppress(OSError):
        place = os.open(folder, getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
        try:
            library.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", access, place), 0)
        finally:
            os.close(place)


def _library() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
