"""Pages of conformance, a module for each subject."""
