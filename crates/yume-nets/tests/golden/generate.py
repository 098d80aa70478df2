#!/usr/bin/env python3
"""Golden tensors for the networks, from PyPI's torch, diffusers and transformers with random seeded weights.

    generate.py                 write the committed set next to this script
    generate.py --out DIR       write it to DIR
    generate.py --check DIR     recompute every case of DIR (this set or one of the same layout) and print errors
"""

import argparse
import sys
from pathlib import Path

import torch

sys.dont_write_bytecode = True  # keeps this folder free of __pycache__

import reference_clip
import reference_dit
import reference_stock
import reference_text
import reference_vae

DIT = {"dim": 32, "heads": 2, "layers": 2, "ffn": 48, "text_dim": 16, "text_len": 12, "in_dim": 36, "out_dim": 16,
       "freq_dim": 256, "patch_size": [1, 2, 2], "eps": 1e-6, "img_dim": 24, "img_tokens": 10,
       "history_tiers": [1, 2, 4]}
DIT_CASES = {
    "plain_f3_4x10": (3, 4, 10, 5, 937.5),
    "packed_n2_z8_4x6": (10, 4, 6, 3, 1000.0),
    "packed_n4_z8_6x4": (12, 6, 4, 12, 640.25),
    "packed_n7_z9_4x6": (16, 4, 6, 1, 71.0),
    "packed_n9_z8_6x4": (17, 6, 4, 7, 305.5),
}
# One latent channel keeps the large kernels of the far tiers small.
DIT_FAR = DIT | {"dim": 8, "heads": 1, "ffn": 12, "in_dim": 6, "out_dim": 1, "history_tiers": [1, 2, 4, 8, 16]}
DIT_FAR_CASES = {
    "packed_n23_z9_4x6": (32, 4, 6, 4, 512.0),
    "packed_n88_z8_2x6": (96, 2, 6, 4, 700.0),
    "packed_n344_z8_2x4": (352, 2, 4, 4, 250.0),
}
VAE = {"dim": 3, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2,
       "temporal_downsample": [False, True, True]}
VAE_CASES = [(1, 24, 16, 1), (5, 16, 24, 2), (9, 16, 16, 3)]
UMT5 = {"vocab": 100, "dim": 32, "dim_attn": 32, "dim_ffn": 48, "num_heads": 4, "num_layers": 2, "num_buckets": 32,
        "shared_pos": False, "dropout": 0.0}
UMT5_LENGTHS = [(12, 12), (12, 4), (150, 140)]
CLIP = {"image_size": 28, "patch_size": 7, "dim": 24, "mlp_ratio": 2, "out_dim": 8, "num_heads": 4, "num_layers": 3,
        "pool_type": "token", "pre_norm": True, "post_norm": False, "activation": "gelu"}
CLIP_SIZES = [(28, 28), (22, 40), (34, 20)]

FOLDERS = {"dit": reference_dit, "dit_far": reference_dit, "vae": reference_vae, "umt5": reference_text,
           "clip": reference_clip}
TOLERANCE = 1e-4


def generate(root: Path) -> None:
    reference_dit.make(root / "dit", DIT, DIT_CASES, seed=1)
    reference_dit.make(root / "dit_far", DIT_FAR, DIT_FAR_CASES, seed=2)
    reference_vae.make(root / "vae", VAE, VAE_CASES, seed=3, dtype=torch.bfloat16)
    reference_text.make(root / "umt5", UMT5, UMT5_LENGTHS, seed=4)
    reference_clip.make(root / "clip", CLIP, CLIP_SIZES, seed=5)


def check(root: Path) -> bool:
    errors = {}
    for folder, reference in FOLDERS.items():
        if (root / folder).is_dir():
            errors |= {f"{folder}/{name}": error for name, error in reference.check(root / folder).items()}
    errors |= {f"stock/{name}": error for name, error in reference_stock.check().items()}
    for name, error in errors.items():
        print(f"{error:.2e}  {name}")
    return all(error < TOLERANCE for error in errors.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--check", type=Path, metavar="DIR")
    args = parser.parse_args()
    # One thread: the sums are then made in the same order on every machine of a kind.
    torch.set_num_threads(1)
    with torch.inference_mode():
        if args.check:
            return 0 if check(args.check) else 1
        generate(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
