import pytest
import torch

from benchmarks.throughput import Measured, Sizes, race, table, works

CPU = torch.device("cpu")


def test_operations_are_counted_as_by_hand_and_both_architectures_are_measured() -> None:
    sizes = Sizes(matrix=64, patches=2, tiles=1, training_tiles=2)

    product, paper, compact, paper_training, compact_training = race(works(CPU, torch.float32, sizes), CPU, seconds=0.0)

    assert product.operations == 2 * 64**3
    assert paper.operations / paper.patches == pytest.approx(2 * 1.33e9, rel=0.1)  # 4.1e9 products at 224 px
    assert compact.patches == 29 * 29  # windows of 64 px every 16 in 512 px
    assert compact.operations / compact.patches < paper.operations / paper.patches / 50
    for training, patches in ((paper_training, 2), (compact_training, 2)):
        assert training.patches == patches
        assert training.seconds > 0
    assert 2.5 < paper_training.operations / paper.operations < 3.1  # backward is twice forward


def test_the_share_is_that_of_the_measured_product() -> None:
    peak = Measured("matrix product", 0, 1.0, 2 * 10**12)

    lines = table([peak, Measured("paper", 100, 2.0, 10**12)])

    assert lines[-1] == "| paper | 50.0 | 10.000 | 0.500 | 25.0% |"
