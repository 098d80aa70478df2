"""What the benchmark's reference in PyTorch has already."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "yume-world/benches/torch"))

from allocator import keep_freed_memory
from tiny_dit import KERNELS, history_parts, rotary_angles
from wan_encoders import ClipVision, TextEncoder

__all__ = ["KERNELS", "ClipVision", "TextEncoder", "history_parts", "keep_freed_memory", "rotary_angles"]
