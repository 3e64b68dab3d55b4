"""Templates, runs, rendering, forges and lineage: makes services."""
