"""The drawing that goes to the right: callers at the left, stores at the right, observability below."""

from __future__ import annotations

from portal.web.architecture.canvas import (
    CALLERS,
    GATE,
    HEAD,
    INSET,
    PAD,
    Canvas,
    Drawing,
    Watch,
    core_of,
    fitting,
)
from portal.web.architecture.scene import Scene
from portal.web.architecture.shapes import Area, Box, across, column, cut, height_of, length

CELL, CORE_WIDTH, BAR, LEAST = 126, 150, 32, 120
STRIDE = 40
CORE = core_of("the service")


def wide(scene: Scene) -> Drawing:
    """Return the drawing."""
    canvas = Canvas()
    inner = _inner(scene)
    top, middle = HEAD + 8, HEAD + 8 + inner / 2
    callers = canvas.place([Box(CALLERS, Area(1, middle - 33, 108, 66))])[0].area
    left = callers.right + STRIDE
    apis = canvas.place(column(scene.apis, left + PAD, CELL, middle))
    gate = _gate(canvas, scene, Area(left + PAD + CELL + STRIDE, top, CELL + 2 * INSET, inner))
    core = _core(canvas, scene, Area((gate.right if gate else left + PAD + CELL) + STRIDE, top, CORE_WIDTH, inner))
    frame = Area(left, 1, core.right + PAD - left, inner + HEAD + 7 + PAD)
    canvas.frame(cut(scene.name, frame.width), frame)
    stores = canvas.place(column(scene.stores, frame.right + STRIDE, CELL, middle))
    inwards = gate or core
    canvas.arrows += [across(callers.right, middle, box.area.x, box.area.middle) for box in apis]
    canvas.arrows += [across(box.area.right, box.area.middle, inwards.x, box.area.middle) for box in apis]
    if gate:
        canvas.arrows.append(across(gate.right, middle, core.x, middle))
    canvas.arrows += [across(core.right, middle, box.area.x, box.area.middle) for box in stores]
    bar = Area(frame.x, frame.bottom + 18, frame.width, BAR)
    watch = Watch(bar, fitting(scene.watched, bar.width), f"M{core.centre:g} {frame.bottom:g}V{bar.y:g}")
    return canvas.finish("wide", (frame.right + STRIDE + CELL if stores else frame.right) + 1, bar.bottom + 1, watch)


def _inner(scene: Scene) -> float:
    """Return how high the highest column is."""
    helpers = height_of(CORE, CORE_WIDTH) + length(scene.helpers, CORE_WIDTH - 2 * INSET) + INSET
    guards = HEAD + length(scene.guards, CELL) + INSET
    return max(LEAST, length(scene.apis, CELL), guards, helpers, length(scene.stores, CELL) - HEAD)


def _gate(canvas: Canvas, scene: Scene, area: Area) -> Area | None:
    """Place the guards; where one could be and none is, there is one dashed box."""
    if not scene.guards:
        return None
    if scene.guards[0].is_missing:
        return canvas.place([Box(scene.guards[0], area)])[0].area
    canvas.place(column(scene.guards, area.x + INSET, CELL, area.middle + (HEAD - INSET) / 2))
    return canvas.group("gate", GATE, area)


def _core(canvas: Canvas, scene: Scene, area: Area) -> Area:
    words = Area(area.x, area.y, area.width, height_of(CORE, area.width)) if scene.helpers else area
    canvas.place([Box(CORE, words)])
    canvas.place(
        column(scene.helpers, area.x + INSET, area.width - 2 * INSET, (words.bottom + area.bottom - INSET) / 2)
    )
    return canvas.group("core", "", area)
