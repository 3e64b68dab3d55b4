"""What people may write in reasons and notes."""

from __future__ import annotations

from portal.foundation.errors import FieldError, InputError


def words(text: str, name: str, *, least: int = 0, most: int, is_long: bool = False) -> str:
    """Return `text` without blanks around it, or raise InputError for the field `name`.

    It has `least` to `most` printable characters; only a long text may have more lines than one.
    """
    clean = text.strip().replace("\r\n", "\n")
    lines = clean.split("\n") if is_long else [clean]
    if not least <= len(clean) <= most:
        problem = f"Use {least} to {most} characters; this has {len(clean)}." if clean or not least else "Say why."
    elif not all(line.replace("\t", " ").isprintable() for line in lines):
        problem = "Use printable characters only."
    else:
        return clean
    raise InputError(problem, [FieldError((name,), problem)])
