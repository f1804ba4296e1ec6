"""A case becomes a report: PDF, JSON, exported maps."""
