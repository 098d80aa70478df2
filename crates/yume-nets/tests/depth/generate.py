#!/usr/bin/env python3
"""Writes a small estimate of depth with random weights and what PyTorch makes of two pictures, next to this script."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE.parents[2] / "yume-train" / "torch"))

from networks import Depth

SIZES = {"patch_size": 2, "dims": [4, 6, 8], "scale": 0.1}
WARP = {"hfov_deg": 78.0, "camera_height_m": 1.7}


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    weights = Depth.begin(SIZES)
    for name, tensor in weights.items():
        if name.endswith(("bias", "gamma")):
            tensor += 0.2 * torch.randn(tensor.shape)
    pictures, pitch = torch.rand(2, 3, 32, 48) * 2 - 1, torch.tensor([0.0, -0.2])
    with torch.inference_mode():
        inverse_depth = Depth(SIZES, WARP, weights).forward(pictures, pitch)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, HERE / "depth.safetensors")
    save_file({"pictures": pictures, "pitch": pitch, "inverse_depth": inverse_depth}, HERE / "cases.safetensors")


if __name__ == "__main__":
    main()
