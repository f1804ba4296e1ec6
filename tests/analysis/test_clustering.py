"""Nearest centres, for many runs at once."""

from __future__ import annotations

import numpy as np

from workstation.analysis.clustering import nearest_centre


def test_every_point_goes_to_the_centre_at_the_least_distance() -> None:
    rng = np.random.default_rng(4)
    points = rng.standard_normal((200, 3), dtype=np.float32)
    centres = rng.standard_normal((7, 5, 3), dtype=np.float32)

    nearest = nearest_centre(points, centres)

    distances = np.linalg.norm(points[None, :, None] - centres[:, None], axis=-1)
    assert nearest.shape == (7, 200)
    assert (nearest == distances.argmin(axis=-1)).all()


def test_of_equally_near_centres_the_first_counts() -> None:
    centres = np.array([[-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]], np.float32)

    assert nearest_centre(np.array([[0.0, 3.0], [-2.0, 0.0]], np.float32), centres).tolist() == [0, 0]
