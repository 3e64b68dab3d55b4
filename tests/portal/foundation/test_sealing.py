from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from portal.foundation.sealing import UnsealError, seal, unseal

SECRET = "whsec_a-secret"


def test_what_is_sealed_can_be_read_and_is_not_in_the_seal() -> None:
    sealed = seal(SECRET)
    assert unseal(sealed) == SECRET
    assert SECRET not in sealed
    assert seal(SECRET) != sealed


def test_another_key_opens_nothing(settings: Settings) -> None:
    sealed = seal(SECRET)
    settings.SECRET_KEY = "another key"
    with pytest.raises(UnsealError):
        unseal(sealed)


def test_a_former_key_still_opens_what_it_sealed(settings: Settings) -> None:
    sealed = seal(SECRET)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next key"
    assert unseal(sealed) == SECRET


@pytest.mark.parametrize("forged", ["", "x", "gAAAAABmforged", "\u00e4"])
def test_a_forged_seal_is_refused(forged: str) -> None:
    with pytest.raises(UnsealError):
        unseal(forged)


def test_a_changed_seal_is_refused() -> None:
    sealed = seal(SECRET)
    with pytest.raises(UnsealError):
        unseal(sealed[:-10] + ("A" if sealed[-10] != "A" else "B") + sealed[-9:])
