"""Entity references: `kind:namespace/name`, lower-cased, with short forms."""

from __future__ import annotations

import re
from typing import NamedTuple

from portal.foundation.errors import InputError

DEFAULT_NAMESPACE = "default"

_PART = r"[^:/\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+"
_REF = re.compile(rf"(?:({_PART}):)?(?:({_PART})/)?({_PART})\Z")


class EntityRef(NamedTuple):
    """The parts of a reference, lower-cased; `str()` gives the whole."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


def parse_ref(text: str, *, kind: str = "", namespace: str = DEFAULT_NAMESPACE) -> EntityRef:
    """Return the reference that `text` stands for; what it leaves out comes from `kind` and `namespace`.

    Raises InputError when `text` is not a reference, or names no kind and none is given.
    """
    found = _REF.match(text)
    if found is None:
        raise InputError(f"{text[:80]!r} is not an entity reference: write kind:namespace/name")
    parsed_kind = found[1] or kind
    if not parsed_kind:
        raise InputError(f"The entity reference {text[:80]!r} names no kind: write kind:namespace/name")
    return EntityRef(parsed_kind.lower(), (found[2] or namespace).lower(), found[3].lower())


def make_ref(kind: str, namespace: str, name: str) -> str:
    """Return the reference of these parts."""
    return str(EntityRef(kind.lower(), namespace.lower(), name.lower()))
