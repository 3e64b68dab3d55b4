"""Entity references as descriptors write them, made comparable.

https://backstage.io/docs/features/software-catalog/references
"""

from __future__ import annotations


def full(text: str, kind: str, namespace: str = "default") -> str:
    """Return `kind:namespace/name` in lower case; what the text leaves out comes from `kind` and `namespace`."""
    before, colon, rest = text.strip().rpartition(":")
    space, slash, name = rest.rpartition("/")
    return f"{(before if colon else '') or kind}:{(space if slash else '') or namespace}/{name}".casefold()


def name_of(ref: str) -> str:
    """Return the name in a reference."""
    return ref.rpartition(":")[2].rpartition("/")[2]
