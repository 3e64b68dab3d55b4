"""Forms from JSON Schema: what a template asks, whether answers fit, and how a page shows it.

The schemas are Backstage's `spec.parameters`: draft 7, each page checked by itself against all values, unknown keywords
ignored, `ui:*` for how it looks. Everything is decided on the server; no schema code runs in a browser.
"""

from __future__ import annotations

from scaffolder.parameters.effective import effective_page, possible_properties
from scaffolder.parameters.fields import Choice, FormField, form_fields
from scaffolder.parameters.linting import Problem, capability_questions, lint
from scaffolder.parameters.pickers import CAPABILITY
from scaffolder.parameters.reading import read_form
from scaffolder.parameters.review import Answer, review
from scaffolder.parameters.validation import check_page, relevant, validate

__all__ = [
    "CAPABILITY",
    "Answer",
    "Choice",
    "FormField",
    "Problem",
    "capability_questions",
    "check_page",
    "effective_page",
    "form_fields",
    "lint",
    "possible_properties",
    "read_form",
    "relevant",
    "review",
    "validate",
]
