"""Settings: base, embedded (make run), production, test."""
