"""Pages of conformance: the fleet, one service, teams, checks, template versions, exports."""
