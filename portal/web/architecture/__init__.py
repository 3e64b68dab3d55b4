"""The picture of a service: who calls it, by which APIs, past which guards, to which use cases and stores.

Two pure steps: `scene` says what is in the picture, `draw` where it stands. Templates write it down as SVG.
"""

from __future__ import annotations

from portal.web.architecture.drawing import Views, draw
from portal.web.architecture.scene import Part, Scene, scene
from portal.web.architecture.services import picture_of_answers, picture_of_service

__all__ = ["Part", "Scene", "Views", "draw", "picture_of_answers", "picture_of_service", "scene"]
