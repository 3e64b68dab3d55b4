"""What is known of a service in the forms that other tools read: SARIF, Scorecard JSON, a badge, rows."""

from __future__ import annotations

from conformance.exports.badges import badge
from conformance.exports.rows import COLUMNS, csv_lines, json_lines, service_rows
from conformance.exports.sarif import sarif
from conformance.exports.scorecards import scorecard

__all__ = ["COLUMNS", "badge", "csv_lines", "json_lines", "sarif", "scorecard", "service_rows"]
