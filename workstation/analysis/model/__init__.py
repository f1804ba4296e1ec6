"""Encoders and weights: the only room of the analysis with torch in it."""
