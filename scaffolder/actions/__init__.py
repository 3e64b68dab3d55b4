"""Actions: what the steps of templates can do. One file each; importing this package makes them known."""

from __future__ import annotations

from scaffolder.actions import registry
from scaffolder.actions.catalog_register import Register
from scaffolder.actions.protect import Protect
from scaffolder.actions.publish_local import PublishLocal
from scaffolder.actions.render import Render
from scaffolder.actions.verify import Verify

for _action in (Render(), Verify(), PublishLocal(), Protect(), Register()):
    registry.register(_action)
