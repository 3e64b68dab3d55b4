"""Conformance over REST: /api/goldpath/v1, described by OpenAPI, and Backstage's /api/tech-insights."""
