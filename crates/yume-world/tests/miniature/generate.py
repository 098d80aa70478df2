#!/usr/bin/env python3
"""A small model in the layout of the published one, and two walks in it, from PyPI's torch, diffusers and transformers.

    generate.py                 write model, starts and walks next to this script
    generate.py --out DIR       write them to DIR
    generate.py --check DIR     take the walks of DIR again and print how far they are off
"""

import argparse
import math
import sys
from pathlib import Path

import numpy
import torch
from PIL import Image

sys.dont_write_bytecode = True  # keeps this folder free of __pycache__

import model
from store import read_tensors, relative_error, write_tensors

import captions
import walk

STEPS = 3
PICTURE, VIDEO = "start.png", "start.gif"
# Start, seed, motions, and what is said about the place.
WALKS = {
    "walk_from_picture": (PICTURE, 7, [("W+A", "→"), ("S", "↑←")], ""),
    "walk_from_video": (VIDEO, 11, [("·", "↓"), ("D", "·")], "rain &amp; fog  at ５ o'clock"),
}
# A segment's noise is long and any of it tells whether it is the same.
NOISE_KEPT = 64
TOLERANCE = 1e-4


def scenery(width: int, height: int, moment: float) -> Image.Image:
    """A picture with smooth and sharp parts; moments differ."""
    x, y = numpy.meshgrid(numpy.linspace(0, 1, width), numpy.linspace(0, 1, height))
    waves = [0.5 + 0.45 * numpy.sin(math.tau * (a * x + b * y + moment)) for a, b in ((1, 0.5), (0.3, 2), (2, -1))]
    box = (numpy.abs(x - 0.3 - 0.4 * moment) < 0.1) & (y > 0.4)
    picture = numpy.stack([numpy.where(box, 1 - wave, wave) for wave in waves], axis=-1)
    return Image.fromarray((picture * 255).round().astype(numpy.uint8))


def write_starts(folder: Path) -> None:
    scenery(70, 50, 0.0).save(folder / PICTURE)
    frames = [scenery(40, 30, i / 12).quantize(64) for i in range(9)]
    frames[0].save(folder / VIDEO, save_all=True, append_images=frames[1:], duration=60, disposal=1)


def take(folder: Path, name: str) -> dict[str, torch.Tensor]:
    start, seed, motions, scene = WALKS[name]
    begin = walk.from_video if start == VIDEO else walk.from_picture
    texts = [captions.caption(*motion, scene) for motion in motions]
    taken = walk.take(model.Model(folder / model.NAME), begin(folder / start), texts, seed, STEPS)
    return {key: t.flatten()[:NOISE_KEPT] if key.endswith("noise") else t for key, t in taken.items()}


def check(folder: Path) -> bool:
    fine = True
    for name in WALKS:
        taken, written = take(folder, name), read_tensors(folder / f"{name}.safetensors")
        for key, tensor in written.items():
            error = relative_error(taken[key], tensor)
            print(f"{error:.2e}  {name} {key}")
            fine &= error < TOLERANCE
    return fine


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
        args.out.mkdir(parents=True, exist_ok=True)
        model.write(args.out / model.NAME)
        write_starts(args.out)
        for name in WALKS:
            write_tensors(args.out / f"{name}.safetensors", take(args.out, name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
