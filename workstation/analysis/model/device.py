"""Where a network runs and in which arithmetic; every failure of a device becomes a DeviceProblem."""

from __future__ import annotations

import platform
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import ThreadpoolController

from workstation.analysis.model.encoder import Precision
from workstation.errors import DeviceProblem, Reason


@dataclass(frozen=True, slots=True)
class Placement:
    """A device and the arithmetic on it.

    Attributes:
        device: of the network and its input.
        dtype: of the network's arithmetic, float32 or bfloat16.
        threads: CPU threads.
    """

    device: torch.device
    dtype: torch.dtype
    threads: int

    @property
    def name(self) -> str:
        """For provenance: "cpu (AMD EPYC), 2 threads", "cuda (NVIDIA H200)", "mps"."""
        if self.device.type == "cuda":
            return f"cuda ({torch.cuda.get_device_name(self.device)})"
        if self.device.type == "mps":
            return "mps"
        return f"cpu ({cpu_name()}), {self.threads} thread{'' if self.threads == 1 else 's'}"

    @property
    def dtype_name(self) -> str:
        """Name of the arithmetic: "float32" or "bfloat16"."""
        return str(self.dtype).removeprefix("torch.")

    @contextmanager
    def computing(self, *, lanes: int = 1) -> Generator[None, None, None]:
        """Inference on this device with these threads, repeatable, no TF32; never yield to a caller inside it.

        Args:
            lanes: how many threads of the program share the CPU threads, each inside such a context.

        Raises:
            DeviceProblem: if the device runs out of memory or fails.
        """
        share = max(1, self.threads // lanes)
        with ExitStack() as stack:
            if torch.get_num_threads() != share:  # OpenMP keeps this number per calling thread
                if lanes == 1:
                    torch.set_num_threads(share)
                else:  # torch's own function would set it for threads that come after, too
                    stack.enter_context(_openmp().limit(limits=share))
            if self.device.type == "cuda":
                exact = {"enabled": True, "benchmark": False, "deterministic": True, "allow_tf32": False}
                stack.enter_context(torch.backends.cudnn.flags(**exact))
            stack.enter_context(failures_of(self.device))
            stack.enter_context(torch.inference_mode())
            yield


class Placed:
    """What every encoder says of its placement (see `Encoder`)."""

    _placement: Placement

    @property
    def device_name(self) -> str:
        """Where it runs, for provenance."""
        return self._placement.name

    @property
    def dtype_name(self) -> str:
        """Of the convolutions' arithmetic; what follows them is always float32."""
        return self._placement.dtype_name

    @property
    def threads(self) -> int:
        """CPU threads that it uses."""
        return self._placement.threads


@contextmanager
def failures_of(device: torch.device) -> Generator[None, None, None]:
    """Turn out-of-memory and driver errors of torch into DeviceProblem."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        words = f"the memory of {device.type} is not enough for this analysis"
        raise DeviceProblem(Reason(words, "device-memory", device=device.type)) from error
    except RuntimeError as error:
        text = str(error)
        first = text.splitlines()[0] if text else type(error).__name__
        if "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text:
            words = f"the memory of {device.type} is not enough for this analysis ({first})"
            raise DeviceProblem(Reason(words, "device-memory", device=device.type)) from error
        if device.type != "cpu" and ("CUDA error" in text or "MPS" in text or "cuDNN" in text):
            words = f"{device.type} failed ({first})"
            raise DeviceProblem(Reason(words, "device-failed", device=device.type, said=first)) from error
        raise


def on_one_thread() -> AbstractContextManager[object]:
    """Within it, torch computes for the calling thread on that thread alone, where its threads are OpenMP's."""
    torch.get_num_threads()  # torch sets a thread's number when it is first asked
    limited: AbstractContextManager[object] = _openmp().limit(limits=1)
    return limited


@cache
def _openmp() -> ThreadpoolController:
    """Sets the number of threads of torch's library for the calling thread alone."""
    return ThreadpoolController().select(user_api="openmp")


def place(device: str, *, threads: int | None, precision: Precision, bfloat16_allowed: bool) -> Placement:
    """Choose device and arithmetic.

    Args:
        device: "auto", "cpu", "cuda" or "mps".
        threads: CPU threads; None = torch's present number.
        precision: "float32", or "auto": bfloat16 on a CPU with instructions for it, if allowed; else float32.
        bfloat16_allowed: whether the weights keep within 1e-2 of float32 in bfloat16.

    Raises:
        DeviceProblem: if there is no such device.
    """
    if threads is not None and threads < 1:
        raise DeviceProblem(f"{threads} is no number of CPU threads")
    chosen = _device(device)
    fast = precision == "auto" and bfloat16_allowed and chosen.type == "cpu" and cpu_computes_bfloat16()
    return Placement(chosen, torch.bfloat16 if fast else torch.float32, threads or torch.get_num_threads())


def _device(name: str) -> torch.device:
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, present in there.items() if present))
    if name not in there:
        words = f"there is no device {name!r}; there are auto, cpu, cuda and mps"
        raise DeviceProblem(Reason(words, "device-unknown", device=name))
    if not there[name]:
        words = f"this computer offers no {name} device to torch {torch.__version__}"
        raise DeviceProblem(Reason(words, "device-missing", device=name, version=torch.__version__))
    return torch.device(name)


def cpu_computes_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AVX-512 BF16 or AMX); without that it is slower than float32."""
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, probe, bool)()) for probe in probes)


def cpu_name() -> str:
    """The processor as it calls itself."""
    capabilities: Any = getattr(torch.cpu, "get_capabilities", dict)()
    name = str(capabilities.get("cpu_name", ""))
    if not name and (listing := Path("/proc/cpuinfo")).is_file():
        lines = listing.read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return name or platform.processor() or platform.machine()
