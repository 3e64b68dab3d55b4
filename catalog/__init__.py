"""Entities, relations, search and ingestion: what exists."""
