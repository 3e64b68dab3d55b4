"""The syntax of the Go templates: constants that the library, the renderer and the lint agree on.

Go's own braces rule out Jinja's; these delimiters leave the unrendered tree compiling, formatted Go.
"""

from __future__ import annotations

import re
from typing import Any

MODULE_PLACEHOLDER = "goldpath.local/service"
TOP_FOLDER = "[[=cookiecutter.name]]"
MODULE_VARIABLE = "[[= cookiecutter.module ]]"
JINJA_ENV: dict[str, Any] = {
    "line_statement_prefix": "//%",
    "trim_blocks": True,
    "lstrip_blocks": True,
    "block_start_string": "<%%",
    "block_end_string": "%%>",
    "comment_start_string": "<##",
    "comment_end_string": "##>",
    "variable_start_string": "[[=",
    "variable_end_string": "]]",
}
OPENINGS = ("//%", "<%%", "<##", "[[=")
_COMMENT_STATEMENT = re.compile(r"^[ \t]*#%[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def expand(text: str) -> str:
    """Turn statements that stand in comments of YAML, make, shell and the like (`#% if ...`) into blocks.

    Unrendered, such a file is what it is with everything on; rendered, the lines of the statements are gone.
    """
    return _COMMENT_STATEMENT.sub(r"<%% \1 %%>", text)


def varies(text: str) -> bool:
    """Tell whether a text holds anything of the template syntax."""
    return any(opening in text for opening in OPENINGS) or _COMMENT_STATEMENT.search(text) is not None
