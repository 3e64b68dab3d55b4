"""The picture of a service, placed: once downwards, for narrow places, and once to the right, for wide ones."""

from __future__ import annotations

from dataclasses import dataclass

from portal.web.architecture.canvas import Drawing
from portal.web.architecture.scene import Scene
from portal.web.architecture.tall import tall
from portal.web.architecture.wide import wide


@dataclass(frozen=True, slots=True)
class Views:
    """The same scene twice: `tall` for narrow places, `wide` for wide ones."""

    scene: Scene
    tall: Drawing
    wide: Drawing

    @property
    def both(self) -> tuple[Drawing, Drawing]:
        """The two drawings; the page shows the one that fits."""
        return self.tall, self.wide


def draw(scene: Scene) -> Views:
    """Return the drawings of a scene; pure."""
    return Views(scene, tall(scene), wide(scene))
