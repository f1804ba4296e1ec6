"""Principal components of the embeddings: three whitened ones as colours or one by one, two plain ones as points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workstation.analysis.colours import ALONE_LIMITS, COLOUR_SPAN
from workstation.analysis.neighbours import blurred
from workstation.analysis.result import FloatArray
from workstation.analysis.spectra import leading_eigenpairs

ALONE_BLUR = 1.5
"""Deviation in cells of the Gaussian over a component that is shown alone: that of the departure map."""


@dataclass(frozen=True, slots=True, eq=False)
class PrincipalComponents:
    """The leading components of a set of embeddings.

    Attributes:
        projections: (N, C) float32, coordinates along the components, in units of the embeddings.
        deviations: (C,) float32, standard deviation along each (N - 1 in the denominator); 0 for a component that does
            not exist.
    """

    projections: FloatArray
    deviations: FloatArray

    @property
    def whitened(self) -> FloatArray:
        """(N, C) float32, unit variance; 0 along components that do not exist."""
        scale: FloatArray = np.where(self.deviations > 0, self.deviations, np.float32(1)).astype(np.float32)
        return self.projections / scale


def principal_components(embeddings: FloatArray, count: int = 3) -> PrincipalComponents:
    """Project embeddings on their leading principal components.

    The sign of a component is arbitrary; it is fixed so that the largest coordinate (by magnitude) of its axis is
    positive, so that the same file gives the same picture.

    Args:
        embeddings: (N, D) float32, N at least 1.
        count: number of components.

    Returns:
        The projections; components beyond min(N - 1, D), or without variance, are zero.
    """
    points, dimensions = embeddings.shape
    centred = (embeddings - embeddings.mean(axis=0, dtype=np.float64)).astype(np.float32)
    small = points < dimensions
    gram = (centred @ centred.T if small else centred.T @ centred).astype(np.float64)
    wanted = min(count, len(gram))
    values, vectors = leading_eigenpairs(gram, wanted)
    values, vectors = values[::-1], vectors[:, ::-1]
    axes = (centred.T @ vectors) if small else vectors
    lengths = np.linalg.norm(axes, axis=0)
    exists = (values > 1e-10 * max(float(np.trace(gram)), 1e-12)) & (lengths > 0)
    axes = np.where(exists, axes / np.where(lengths > 0, lengths, 1), 0)
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)[0]
    axes = np.where(largest < 0, -axes, axes).astype(np.float32)
    projections = np.zeros((points, count), np.float32)
    projections[:, :wanted] = centred @ axes
    deviations = np.zeros(count, np.float32)
    if points > 1:
        deviations[:wanted] = np.where(exists, np.sqrt(np.maximum(values, 0) / (points - 1)), 0)
    return PrincipalComponents(projections=projections, deviations=deviations)


def as_colours(whitened: FloatArray) -> FloatArray:
    """Whitened components to 0..1, 0.5 at their mean, clipped at ±`COLOUR_SPAN` deviations; NaN stays NaN."""
    colours: FloatArray = np.clip(whitened / np.float32(2 * COLOUR_SPAN) + np.float32(0.5), 0, 1)
    return colours


def one_alone(colours: FloatArray, component: int) -> FloatArray:
    """One component of a map, averaged over neighbouring cells, in standard deviations of what that leaves.

    The side with the longer tail is positive, since foreign parts are mostly the smaller ones; whether either side is
    foreign this does not say.

    Args:
        colours: (rows, columns, 3) float32 as `as_colours` has them, NaN = not assessable.
        component: 1 to 3.

    Returns:
        (rows, columns) float32 within `ALONE_LIMITS`, 0 at the mean; NaN where not assessable.
    """
    known = np.isfinite(colours[..., component - 1])
    alone = np.full(known.shape, np.nan, np.float32)
    if known.any():
        mean = blurred(colours[known][:, component - 1 : component], np.argwhere(known), ALONE_BLUR)[:, 0]
        deviation = float(mean.std())
        centred = mean - mean.mean()
        if float((centred.astype(np.float64) ** 3).sum()) < 0:
            centred = -centred
        alone[known] = np.clip(centred / np.float32(deviation), *ALONE_LIMITS) if deviation > 0 else centred
    return alone
