"""Management commands that run an installation."""
