"""Photos become weights."""
