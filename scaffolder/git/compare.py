"""The difference between two texts, as git sees it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from scaffolder.git import command
from scaffolder.git.command import GitError

SECONDS = 10.0
_OPTIONS = ["--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--unified=4"]


def difference(before: bytes, after: bytes, *, limit: int) -> tuple[str, bool]:
    """Return the patch from one text to the other, without its file headers, and whether it was cut at `limit` bytes.

    Equal texts give an empty patch. Git's algorithm stays quick on texts that are made to keep a naive one busy; more
    than SECONDS raise GitError all the same.
    """
    with tempfile.TemporaryDirectory(prefix="goldpath-compare-") as folder:
        place = Path(folder)
        (place / "before").write_bytes(before)
        (place / "after").write_bytes(after)
        output = _diff(place, limit)
    text = output[:limit].decode("utf-8", "replace")
    _, _, body = text.partition("\n@@")
    return (f"@@{body}" if body else ""), len(output) > limit


def _diff(place: Path, limit: int) -> bytes:
    process = subprocess.Popen(
        ["git", f"--git-dir={place}", "diff", *_OPTIONS, "--", "before", "after"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=command.environment(),
        cwd=place,
        start_new_session=True,
    )
    timer = command.killed_after(SECONDS, process)
    try:
        assert process.stdout is not None  # noqa: S101 - stdout is a pipe
        output = process.stdout.read(limit + 1)
        if len(output) <= limit:
            process.wait()
    finally:
        timer.cancel()
        command.end(process)
    if len(output) <= limit and process.returncode not in {0, 1}:
        raise GitError("These texts could not be compared in time.")
    return output
