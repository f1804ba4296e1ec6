"""Convolutions in tiles of 6×6 against their definition."""

import pytest
import torch
from torch.nn import functional

from workstation.analysis.model import winograd

pytestmark = pytest.mark.skipif(not torch._nnpack_available(), reason="torch has no NNPACK on this system")


@pytest.mark.parametrize("rows", [3, 8, 26])
@pytest.mark.parametrize("columns", [1, 6, 50])
def test_results_are_those_of_the_definition(rows: int, columns: int) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(1, 64, rows, columns), torch.randn(32, 64, 3, 3) / 24, torch.randn(32)

    found = winograd.convolution(x, weight, bias, (0, 1))

    expected = functional.conv2d(x.double(), weight.double(), bias.double(), padding=(0, 1)).float()
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("channels_last", [False, True])
def test_the_order_in_memory_does_not_matter(channels_last: bool) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(1, 8, 20, 30)[:, :, 3:], torch.randn(8, 8, 3, 3), torch.randn(8)
    expected = winograd.convolution(x.contiguous(), weight, bias, (0, 1))
    if channels_last:
        x = x.contiguous(memory_format=torch.channels_last)

    torch.testing.assert_close(winograd.convolution(x, weight, bias, (0, 1)), expected, atol=0, rtol=0)


@pytest.mark.parametrize(
    ("capability", "wrong", "expected"), [("AVX2", False, True), ("AVX512", False, False), ("AVX2", True, False)]
)
def test_it_is_taken_where_it_is_faster_and_right(
    monkeypatch: pytest.MonkeyPatch, capability: str, wrong: bool, expected: bool
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    if wrong:
        right = winograd.convolution
        monkeypatch.setattr(winograd, "convolution", lambda *given: right(*given) + 1e-3)

    assert winograd.available.__wrapped__() is expected
