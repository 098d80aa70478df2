"""How glibc keeps memory while PyTorch computes on a CPU."""

import ctypes


def keep_freed_memory() -> None:
    """Stops glibc from returning every large tensor to the system; worth a sixth to a quarter of the time on a CPU."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD
    except (OSError, AttributeError, TypeError):
        pass
