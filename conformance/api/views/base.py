"""What all views share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.generics import ListAPIView
from rest_framework.views import APIView

from conformance.api.filters import StrictBackend
from portal.foundation.api.keyset import Key, KeysetPagination, number


class View(APIView):
    """A view whose changes are throttled apart from its reads.

    `refusals` are the errors by method that OpenAPI tells of, besides those that every operation of its kind has.
    """

    refusals: ClassVar[Mapping[str, tuple[int, ...]]] = {}

    @property
    def throttle_scope(self) -> str:
        """The throttle that counts this request."""
        return "read" if self.request.method in {"GET", "HEAD", "OPTIONS"} else "create"


class ListView(View, ListAPIView[Any]):
    """A list, filtered, sorted and paged by keyset.

    `orders` are what it can be sorted by, and `tie` the column that tells rows of the same value apart.
    """

    filter_backends = (StrictBackend,)
    filterset_class: ClassVar[Any] = None
    pagination_class = KeysetPagination
    orders: ClassVar[Mapping[str, Key]]
    default_sort: ClassVar[str]
    tie: ClassVar[str] = "pk"
    tie_read: ClassVar[Any] = staticmethod(number)

    def rows(self) -> QuerySet[Any]:
        """Return what is listed, before filters."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows; none while the OpenAPI document is made, which has no address to read."""
        if getattr(self, "swagger_fake_view", False):
            none: QuerySet[Any] = self.filterset_class.Meta.model.objects.none() if self.filterset_class else _none()
            return none
        return self.rows()


def _none() -> QuerySet[Any]:
    from conformance.models import Service

    return Service.objects.none()
