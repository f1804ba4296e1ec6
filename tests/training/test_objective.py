import math

import pytest
import torch

from workstation.training.objective import FOREIGN_SHARE, concentration, supervised_contrastive


def _axes(*indices: int) -> torch.Tensor:
    return torch.eye(4)[list(indices)]


def test_two_groups_of_two_tiles_have_the_loss_computed_by_hand() -> None:
    embeddings = _axes(0, 0, 1, 1)
    group, tile, shared = torch.tensor([0, 0, 1, 1]), torch.arange(4), torch.zeros(4, dtype=torch.long)

    loss = supervised_contrastive(embeddings, group, tile, shared, temperature=1.0)

    # each patch: one positive with similarity 1, two negatives with similarity 0
    assert loss.item() == pytest.approx(math.log(math.e + 2) - 1, abs=1e-6)


def test_patches_of_the_same_tile_are_neither_positive_nor_negative() -> None:
    embeddings = _axes(0, 0, 1, 1, 2)
    tile = torch.tensor([0, 1, 2, 3, 0])  # the last one shares its tile with the first
    group, shared = torch.tensor([0, 0, 1, 1, 0]), torch.zeros(5, dtype=torch.long)

    loss = supervised_contrastive(embeddings, group, tile, shared, temperature=1.0)

    of_first = math.log(math.e + 2) - 1  # sees patches 1, 2, 3 only
    of_second = -(1 + 0) / 2 + math.log(math.e + 1 + 2)  # positives 0 and 4
    of_third = math.log(math.e + 3) - 1
    of_last = math.log(3)  # its only positive, patch 1, is orthogonal
    assert loss.item() == pytest.approx((of_first + of_second + 2 * of_third + of_last) / 5, abs=1e-6)


def test_patches_with_another_last_save_are_not_compared() -> None:
    generator = torch.Generator().manual_seed(0)
    one = torch.nn.functional.normalize(torch.randn(6, 4, generator=generator), dim=1)
    two = torch.nn.functional.normalize(torch.randn(6, 4, generator=generator), dim=1)
    group, tile, zeros = torch.tensor([0, 0, 0, 1, 1, 1]), torch.arange(6), torch.zeros(6, dtype=torch.long)

    apart = [supervised_contrastive(part, group, tile, zeros, 0.1).item() for part in (one, two)]
    together = supervised_contrastive(
        torch.cat((one, two)),
        torch.cat((group, group + 2)),
        torch.arange(12),
        torch.cat((zeros, zeros + 1)),
        0.1,
    )

    assert together.item() == pytest.approx(sum(apart) / 2, abs=1e-5)


def test_concentration_of_two_groups_is_that_computed_by_hand() -> None:
    """Groups of two tiles, 2 apart along one axis, their centres 3 apart along another."""
    tiles = torch.tensor([[1.0, 0, 0], [-1, 0, 0], [1, 3, 0], [-1, 3, 0]])

    value = concentration(tiles, torch.tensor([0, 0, 2, 2]), torch.zeros(4, dtype=torch.long))

    spread = 2.0  # the only eigenvalue of the covariance: ((1)² + (-1)²) / (2 - 1)
    assert value.item() == pytest.approx(math.log1p(spread / (FOREIGN_SHARE * (9 + 1e-4))), abs=1e-5)


def test_a_spread_along_one_direction_counts_more_than_the_same_in_all() -> None:
    generator = torch.Generator().manual_seed(0)
    even = torch.randn(2, 64, 16, generator=generator)
    along_one = torch.zeros(2, 64, 16)
    along_one[..., 0] = torch.randn(2, 64, generator=generator) * 4  # the same total variance, 16
    group, shared = torch.arange(2).repeat_interleave(64), torch.zeros(128, dtype=torch.long)
    apart = torch.zeros(2, 1, 16)
    apart[1, :, 5] = 10

    values = [concentration((x + apart).flatten(0, 1), group, shared).item() for x in (even, along_one)]

    assert values[1] > values[0] + 0.4


def test_groups_with_another_last_save_are_not_mixed() -> None:
    generator = torch.Generator().manual_seed(0)
    tiles = torch.randn(12, 4, generator=generator)
    group, zeros = torch.arange(3).repeat_interleave(2), torch.zeros(6, dtype=torch.long)

    apart = [concentration(part, group, zeros).item() for part in (tiles[:6], tiles[6:])]
    together = concentration(tiles, torch.cat((group, group + 3)), torch.cat((zeros, zeros + 1))).item()

    assert together == pytest.approx(sum(apart) / 2, rel=1e-5)
