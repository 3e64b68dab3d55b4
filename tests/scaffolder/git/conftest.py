"""Trees too large to be written file by file."""

from __future__ import annotations

from pathlib import Path

from scaffolder.git import command

_BEGIN = """commit refs/heads/%s
mark :1
committer Bob <bob@example.com> 1767312000 +0000
data 4
Many
M 100644 inline README.md
data 7
# Many

M 100644 inline many/below/x
data 1
x
"""


def put_many(bare: Path, count: int, branch: str = "main") -> str:
    """Commit so many files to the top folder and to the folder `many`, and a README; return the commit."""
    files = "".join(
        f"M 100644 inline {folder}file-{number:05d}.txt\ndata 6\n{number:05d}\n\n"
        for number in range(count)
        for folder in ("", "many/")
    )
    stream = _BEGIN % branch + files + "get-mark :1\ndone\n"
    return command.run(["fast-import", "--quiet", "--done"], repository=bare, data=stream.encode()).decode().strip()
