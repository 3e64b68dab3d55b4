"""What checks keep: answers about the subject at hand, and about facts that many services share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from conformance.examining.subject import Subject

MOST_KEPT = 512

_Object = TypeVar("_Object")
_Answer = TypeVar("_Answer")


def once(function: Callable[[Subject], _Answer]) -> Callable[[Subject], _Answer]:
    """Keep the answer for the subject that was asked about last: the checks of one subject run one after another."""
    return _kept(function, 1)


def shared(function: Callable[[_Object], _Answer]) -> Callable[[_Object], _Answer]:
    """Keep the answers for the `MOST_KEPT` objects that were asked about last, told by identity.

    For functions of one fact, or of what is `shared` itself: the facts of a file that the services of a template have
    in common are one object, so that what follows from them is worked out once for all. Whoever asks must neither
    change the object nor the answer.
    """
    return _kept(function, MOST_KEPT)


def _kept(function: Callable[[_Object], _Answer], most: int) -> Callable[[_Object], _Answer]:
    kept: OrderedDict[int, tuple[_Object, _Answer]] = OrderedDict()  # what is kept cannot lose its identity to another

    @wraps(function)
    def remembered(about: _Object) -> Any:
        known = kept.get(id(about))
        if known is not None:
            kept.move_to_end(id(about))
            return known[1]
        answer = function(about)
        kept[id(about)] = about, answer
        if len(kept) > most:
            kept.popitem(last=False)
        return answer

    return remembered
