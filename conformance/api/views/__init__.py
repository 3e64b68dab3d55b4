"""The views of /api/goldpath/v1, a file per subject."""
