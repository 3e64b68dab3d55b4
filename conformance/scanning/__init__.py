"""Looks at services: snapshots out of git, drift, facts, verdicts."""
