"""What was taken from others is what they published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from django.conf import settings

VENDOR = Path(settings.BASE_DIR) / "portal" / "static" / "vendor"


def test_vendored_files_are_unchanged_and_licensed() -> None:
    listed = json.loads((VENDOR / "versions.json").read_text())
    for entry in listed:
        content = (VENDOR / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["file"]
        assert (VENDOR / entry["file"]).with_name("LICENSE").is_file()
    on_disk = {str(path.relative_to(VENDOR)) for path in VENDOR.glob("*/*") if path.name != "LICENSE"}
    assert on_disk == {entry["file"] for entry in listed}
