"""The scaffolder over REST."""
