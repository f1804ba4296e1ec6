"""Weights become figures: data sets, metrics, baselines."""
