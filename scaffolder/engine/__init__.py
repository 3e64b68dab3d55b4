"""Advances runs: claims, leases, steps, effects, compensation, events, the reaper."""
