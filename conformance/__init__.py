"""Keeps services on the path: snapshots, drift, checks, levels, waivers, policies."""
