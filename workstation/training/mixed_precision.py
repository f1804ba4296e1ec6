"""bfloat16 where a device multiplies it in hardware, float32 elsewhere."""

from __future__ import annotations

import torch

from workstation.analysis.model.device import cpu_computes_bfloat16


def mixed_precision(device_type: str) -> torch.autocast:
    """Within it, convolutions and products compute in bfloat16, unless the processor would have to imitate that.

    Imitated bfloat16 takes many times as long as float32.

    Args:
        device_type: as in `torch.device.type`.
    """
    enabled = device_type != "cpu" or cpu_computes_bfloat16()
    return torch.autocast(device_type, torch.bfloat16, enabled=enabled)
