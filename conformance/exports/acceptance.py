"""Which of a service's failures somebody accepts, down to the path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from conformance.choices import WAIVED, WaiverStatus
from conformance.grading import evidence_digest
from conformance.models import Service, Verdict, Waiver


class Accepted:
    """The approved waivers of one service, read once.

    A failing check may be accepted for some of its paths only: then the check still fails, and the evidence in the
    other paths is what is left to repair.
    """

    def __init__(self, service: Service) -> None:
        self._by_check: dict[str, list[Waiver]] = {}
        valid = Waiver.objects.filter(service=service, status=WaiverStatus.APPROVED, expires_at__gt=timezone.now())
        for waiver in valid.order_by("pk"):
            self._by_check.setdefault(waiver.check_id, []).append(waiver)

    def of(self, verdict: Verdict, evidence: Mapping[str, Any] | None) -> Waiver | None:
        """Return the waiver that covers a failure at this piece of evidence; without one, the failure as a whole."""
        if verdict.standing not in {"fail", WAIVED}:
            return None
        found = self._fitting(verdict, str(evidence["path"]) if evidence else "")
        return found or (verdict.waiver if verdict.standing == WAIVED else None)

    def _fitting(self, verdict: Verdict, path: str) -> Waiver | None:
        result = {"message": verdict.message, "evidence": verdict.evidence}
        fitting = _covering(self._by_check.get(verdict.check_id, ()), path)
        return next(
            (each for each in fitting if each.evidence_digest == evidence_digest(each.check_id, result, each.path)),
            None,
        )


def words(waiver: Waiver) -> str:
    """Return who accepted what, until when and why, in one line."""
    until = waiver.expires_at.date().isoformat()
    return (
        f"Waived until {until}, asked for by {waiver.requester_ref}, approved by {waiver.approver_ref}: {waiver.reason}"
    )


def _covering(waivers: Iterable[Waiver], path: str) -> list[Waiver]:
    return [waiver for waiver in waivers if waiver.path in {"", path}]
