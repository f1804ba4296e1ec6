"""The arguments that every measurement on splices takes, and the splices that they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from workstation.evaluation.calibration_images import camera_roles, cameras_of
from workstation.evaluation.splices import SHARES, Splice, make_splices


def splice_parser(description: str | None, *, count: int) -> argparse.ArgumentParser:
    """A parser with photos, --split, --role, --count, --seed and --threads.

    Args:
        description: docstring of the script, printed as it stands.
        count: of splices, unless another is asked for.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--role", choices=tuple(camera_roles()))
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=777)
    parser.add_argument("--threads", type=int)
    return parser


def splices_of(options: argparse.Namespace, shares: tuple[float, float] = SHARES) -> Iterator[Splice]:
    """The splices that were asked for; `shares` as in `make_splices`."""
    return make_splices(
        options.photos,
        split=options.split,
        count=options.count,
        seed=options.seed,
        only=cameras_of(options.role),
        shares=shares,
    )
