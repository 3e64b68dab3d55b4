"""A Django app for the kill tests: makes a worker stop and wait at one named point of a run."""
