"""Exifact: a workstation that shows what a photograph's file says beside what its pixels say."""

__version__ = "0.1.0"
