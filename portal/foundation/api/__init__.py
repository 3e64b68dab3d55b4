"""What the REST surfaces share: errors, renderers, times."""
