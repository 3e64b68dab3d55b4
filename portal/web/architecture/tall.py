"""The drawing that goes down: callers at the top, stores at the bottom, observability at the right."""

from __future__ import annotations

from portal.web.architecture.canvas import (
    CALLERS,
    GATE,
    HEAD,
    INSET,
    PAD,
    STEP,
    Canvas,
    Drawing,
    Watch,
    core_of,
    fitting,
)
from portal.web.architecture.scene import Scene
from portal.web.architecture.shapes import Area, Box, bottom, down, height_of, rows

WIDTH, RAIL, MAIN = 360, 26, 320
INNER = MAIN - 2 * PAD
IN_ROW, CELL = 3, 140


def tall(scene: Scene) -> Drawing:
    """Return the drawing."""
    canvas = Canvas()
    callers = Box(CALLERS, Area((MAIN - 164) / 2, 1, 164, 52))
    canvas.place([callers])
    top = callers.area.bottom + STEP
    apis = canvas.place(rows(scene.apis, Area(PAD, top + PAD, INNER, 0), most=IN_ROW, widest=CELL))
    gate = _gate(canvas, scene, bottom(apis, top) + STEP)
    core = _core(canvas, scene, (gate.bottom if gate else bottom(apis, top)) + STEP)
    frame = canvas.frame("", Area(1, top, MAIN - 2, core.bottom + PAD - top))
    stores = canvas.place(rows(scene.stores, Area(0, frame.bottom + STEP, MAIN, 0), most=IN_ROW, widest=CELL))
    _arrows(canvas, callers.area, [box.area for box in apis], gate or core)
    if gate:
        canvas.arrows.append(down(core.centre, gate.bottom, core.centre, core.y))
    canvas.arrows += [down(core.centre, core.bottom, box.area.centre, box.area.y) for box in stores]
    rail = Area(WIDTH - RAIL - 1, top, RAIL, frame.height)
    watch = Watch(rail, fitting(scene.watched, rail.height), f"M{frame.right:g} {core.middle:g}H{rail.x:g}")
    return canvas.finish("tall", WIDTH, bottom(stores, frame.bottom) + 2, watch)


def _gate(canvas: Canvas, scene: Scene, y: float) -> Area | None:
    """Place the guards; where one could be and none is, there is one dashed box."""
    if not scene.guards:
        return None
    if scene.guards[0].is_missing:
        missing = scene.guards[0]
        return canvas.place([Box(missing, Area(PAD, y, INNER, height_of(missing, INNER)))])[0].area
    cells = Area(PAD + INSET, y + HEAD, INNER - 2 * INSET, 0)
    guards = canvas.place(rows(scene.guards, cells, most=IN_ROW, widest=CELL))
    return canvas.group("gate", GATE, Area(PAD, y, INNER, bottom(guards, y) + INSET - y))


def _core(canvas: Canvas, scene: Scene, y: float) -> Area:
    core = core_of(scene.name)
    words = Area(PAD, y, INNER, height_of(core, INNER))
    canvas.place([Box(core, words)])
    cells = Area(PAD + INSET, words.bottom, INNER - 2 * INSET, 0)
    helpers = canvas.place(rows(scene.helpers, cells, most=IN_ROW, widest=CELL))
    return canvas.group("core", "", Area(PAD, y, INNER, bottom(helpers, words.bottom - INSET) + INSET - y))


def _arrows(canvas: Canvas, callers: Area, apis: list[Area], inwards: Area) -> None:
    canvas.arrows += [down(callers.centre, callers.bottom, api.centre, api.y) for api in apis]
    canvas.arrows += [down(api.centre, api.bottom, api.centre, inwards.y) for api in apis]
