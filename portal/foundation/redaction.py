"""Keeps secrets and machine paths out of rows, logs and pages.

Text is redacted before it is stored, never when it is shown (Backstage CVE-2026-29184 was a bypass of the latter).
"""

from __future__ import annotations

import re
import threading
from pathlib import Path

from django.conf import settings

MASK = "***"

_PATTERNS = (
    re.compile(r"gh[pousr]_[A-Za-z0-9]{20,}"),
    re.compile(r"github_pat_[A-Za-z0-9_]{20,}"),
    re.compile(r"gp_[0-9a-f]{40,}"),
    re.compile(r"(?<=/sign-in/link/)[A-Za-z0-9_-]+"),
    re.compile(r"(?i)(?<=x-access-token:)[^@\s]+"),
    re.compile(r"(?i)(?<=authorization: )\S+ ?\S*"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
)
_secrets: set[str] = set()
_lock = threading.Lock()


def remember(secret: str) -> None:
    """Mask this exact value from now on, in this process; short values are refused as too common."""
    if len(secret) < 8:
        raise ValueError("a secret of under eight characters cannot be told from ordinary text")
    with _lock:
        _secrets.add(secret)


def redact(text: str) -> str:
    """Return `text` with known secrets, secret-like tokens and the portal's own folders masked."""
    for secret in tuple(_secrets):
        text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return _hide_folders(text)


def _hide_folders(text: str) -> str:
    folders = {
        str(Path(settings.GOLDPATH_HOME)): "$GOLDPATH_HOME",
        str(Path(settings.GOLDPATH_HOME).resolve()): "$GOLDPATH_HOME",
        str(settings.BASE_DIR): "$GOLDPATH",
        str(Path.home()): "~",
    }
    for path in sorted(folders, key=len, reverse=True):
        if len(path) > 1:
            text = text.replace(path, folders[path])
    return text
