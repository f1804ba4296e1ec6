"""A file becomes evidence: bytes, hashes, pixels, metadata, JPEG structure."""
