"""Verification: what was rendered must build, vet and pass its tests before anybody sees it."""

from __future__ import annotations

from scaffolder.verification.caches import trim
from scaffolder.verification.toolchain import go_toolchain
from scaffolder.verification.verifying import VerifyReport, verify
from scaffolder.verification.warming import WarmProgress, warm, warm_progress

__all__ = ["VerifyReport", "WarmProgress", "go_toolchain", "trim", "verify", "warm", "warm_progress"]
