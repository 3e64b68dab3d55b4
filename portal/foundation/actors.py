"""Who acts, as every service of the portal sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a machine on whose behalf something is done.

    `user_ref` is an entity reference such as `user:default/alice`; `groups` are the references of the groups that the
    actor belongs to; `is_platform` marks platform engineers, who may act for every team.
    """

    user_ref: str
    groups: frozenset[str] = frozenset()
    is_platform: bool = False

    def may_act_for(self, owner_ref: str) -> bool:
        """Tell whether the actor may create or change what `owner_ref` owns."""
        return self.is_platform or owner_ref == self.user_ref or owner_ref in self.groups
