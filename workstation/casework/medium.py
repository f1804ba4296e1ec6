"""Where a case lies: can it be written there, and does the place keep what SQLite needs?"""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

NETWORK = {"nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ncpfs", "9p", "afs", "ceph"}
"""File systems whose locks and flushes depend on a server."""
NETWORK_FUSE = ("fuse.sshfs", "fuse.davfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "macfuse.sshfs")


def network_share(folder: Path) -> str:
    """The kind of network file system that a folder lies on, "" for a local one, or where the system does not tell."""
    resolved = folder.resolve()
    if sys.platform == "win32" and str(resolved).startswith("\\\\"):
        return "UNC path"
    try:
        partitions = psutil.disk_partitions(all=True)
    except OSError:  # a sandbox without /proc, a drive that is locked
        return ""
    best, kind = -1, ""
    for partition in partitions:
        place = Path(partition.mountpoint)
        if resolved.is_relative_to(place) and len(place.parts) > best:
            remote = "remote" in partition.opts.split(",") or partition.fstype.lower() in NETWORK
            remote = remote or partition.fstype.lower().startswith(NETWORK_FUSE)
            best, kind = len(place.parts), (partition.fstype or "network drive") if remote else ""
    return kind


def cannot_promise(kind: str) -> str:
    """What the program says about a case on a network share."""
    return (
        f"The case lies on a network share ({kind}). Whether a change has reached the disk, and whether a second "
        "machine is kept from writing, depends on the server; Exifact cannot promise it. Work on a local copy, and "
        "copy the closed case to the share."
    )
