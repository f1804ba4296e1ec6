"""Other methods, measured on the same images in the same run: what a figure has to be compared with.

Each is what its publication describes, written with Pillow and scipy; none is trained. Their maps have a fixed polarity
(higher = foreign) and no absolute scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.evaluation.control import colour_and_texture_map
from workstation.evaluation.peers.error_level import error_level_map
from workstation.evaluation.peers.jpeg_ghost import jpeg_ghost_map
from workstation.evaluation.peers.noise_variance import noise_variance_map


@dataclass(frozen=True, slots=True)
class Peer:
    """A method to compare with.

    Attributes:
        name: in tables and files.
        title: in words, with its publication.
        heat: (height, width, 3) uint8 RGB to a (h, w) float32 map whose extent is the image, higher = foreign.
    """

    name: str
    title: str
    heat: Callable[[NDArray[np.uint8]], NDArray[np.float32]]


PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("control", "colour and texture only, the control of content", colour_and_texture_map),
        Peer("ela", "error level analysis (Krawetz 2007)", error_level_map),
        Peer("noise", "local noise level (after Immerkær 1996; Mahdian and Saic 2009)", noise_variance_map),
        Peer("ghost", "JPEG ghosts (Farid 2009)", jpeg_ghost_map),
    )
}
"""By name."""
