"""The syntax of the Go templates: constants that the library, the renderer and the lint agree on.

Go's own braces rule out Jinja's; these delimiters leave the unrendered tree compiling, formatted Go.
"""

from __future__ import annotations

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
