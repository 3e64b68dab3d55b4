"""Draft 7 validators, made once per schema, that never fetch anything."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.protocols import Validator
from referencing import Registry

FORMATS: FormatChecker = Draft7Validator.FORMAT_CHECKER


def validator(schema: Mapping[str, Any] | bool) -> Validator:
    """Return the validator of `schema`; references to other documents resolve to nothing."""
    return _validator(json.dumps(schema, sort_keys=True))


@functools.lru_cache(maxsize=512)
def _validator(text: str) -> Validator:
    return Draft7Validator(json.loads(text), format_checker=FORMATS, registry=Registry())


def fits(schema: Mapping[str, Any] | bool, value: Any) -> bool:
    """Tell whether `value` fits `schema`."""
    return bool(validator(schema).is_valid(value))
