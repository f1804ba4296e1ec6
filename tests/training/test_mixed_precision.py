"""bfloat16 in training, where the processor has it."""

from __future__ import annotations

import pytest
import torch

from workstation.training import mixed_precision as module
from workstation.training.mixed_precision import mixed_precision


@pytest.mark.parametrize(("in_hardware", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_computes_in_what_it_has_in_hardware(
    monkeypatch: pytest.MonkeyPatch, in_hardware: bool, expected: torch.dtype
) -> None:
    monkeypatch.setattr(module, "cpu_computes_bfloat16", lambda: in_hardware)
    with mixed_precision("cpu"):
        assert (torch.ones(2, 3) @ torch.ones(3, 2)).dtype == expected
    assert (torch.ones(2, 3) @ torch.ones(3, 2)).dtype == torch.float32
