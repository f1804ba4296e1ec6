"""Findings become a case: exhibits, regions, notes."""
