"""Cuts the golden segments that were written with the first weights down to what the test reads.

Usage: excerpt.py SOURCE.safetensors TARGET.safetensors
"""

import sys

from safetensors.numpy import load_file, save_file

WHOLE = ["start_pixels"] + [
    f"seg{s}.{stage}" for s in (0, 1) for stage in ("history", "y", "eps", "sigmas", "context", "clip_features", "velocity_step0", "latents")
]
EVERY_EIGHTH_FRAME = [f"seg{s}.{stage}" for s in (0, 1) for stage in ("warp", "frames")]

source = load_file(sys.argv[1])
excerpt = {name: source[name] for name in WHOLE}
excerpt |= {name: source[name][:, 7::8].copy() for name in EVERY_EIGHTH_FRAME}
save_file(excerpt, sys.argv[2])
