"""Backstage's Tech Insights over REST: stored results in the wire of its own backend. Nothing here starts work."""
