"""Keeps services on the path; its checks and snapshots arrive with their own issue."""
