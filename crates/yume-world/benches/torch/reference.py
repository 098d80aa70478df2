#!/usr/bin/env python3
"""PyTorch's time for one DiT forward and one segment of VAE decoding with the embedded model's weights.

    reference.py --model DIR --golden FILE --threads N --json

Checks itself against the golden segment of an earlier model first and refuses to time a wrong result. f32, medians and least times in ms:
`dit_forward` from the text and image features on, `dit_forward_same_conditions` with the cross attention's keys and
values made once per segment, `vae_decode` of 8 latents with the feature cache. 21 history latents and 8 new ones.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.dont_write_bytecode = True  # keeps this folder free of __pycache__

from allocator import keep_freed_memory
from tiny_dit import TinyDit
from tiny_vae import TinyDecoder

TOLERANCE = 1e-4
HISTORY_LATENTS = 21
NEW_LATENTS = 8
TESTS = Path(__file__).parents[2] / "tests"
# Holds every eighth frame.
GOLDEN = TESTS / "data/golden_segment.safetensors"


def relative_error(ours: torch.Tensor, golden: torch.Tensor) -> float:
    return ((ours.double() - golden.double()).norm() / golden.double().norm()).item()


def check(dit: TinyDit, decoder: TinyDecoder, golden: dict[str, torch.Tensor]) -> dict[str, float]:
    errors = {}
    decoder.reset()
    decoder.decode(golden["seg0.history"])
    for segment in ("seg0", "seg1"):
        g = {name.removeprefix(f"{segment}."): t for name, t in golden.items() if name.startswith(segment)}
        sigma = g["sigmas"][0].item()
        x = sigma * g["eps"]
        x[:, : g["history"].shape[1]] += (1 - sigma) * g["history"]
        velocity = dit.forward(x, g["y"], 1000 * sigma, dit.conditions(g["context"], g["clip_features"]))
        errors[f"{segment}.velocity_step0"] = relative_error(velocity, g["velocity_step0"])
        errors[f"{segment}.frames"] = relative_error(decoder.decode(g["latents"])[:, 7::8], g["frames"])
    return errors


def networks(folder: Path) -> tuple[dict, TinyDit, TinyDecoder]:
    config = json.loads((folder / "config.json").read_text())
    dit = TinyDit(config["dit"], load_file(folder / "dit.safetensors"))
    return config, dit, TinyDecoder(config["vae"], load_file(folder / "vae.safetensors"))


def measure(name: str, run, runs: int) -> dict[str, float]:
    for _ in range(5):
        run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    median, least = (round(1000 * t, 3) for t in (statistics.median(times), min(times)))
    return {f"{name}_ms": median, f"{name}_min_ms": least}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of config.json and the safetensors")
    parser.add_argument("--golden", type=Path, default=GOLDEN, help="excerpt of golden_segment.safetensors")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=40, help="timed runs, at least 20")
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    args = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(args.threads)

    golden = load_file(args.golden)
    with torch.inference_mode():
        _, checked_dit, checked_decoder = networks(TESTS / "tiny-v0")
        errors = check(checked_dit, checked_decoder, golden)
        if not args.json:
            for name, error in errors.items():
                print(f"{error:.2e}  {name}")
        if max(errors.values()) > TOLERANCE:
            print(f"error: the results differ from the golden segment: {errors}", file=sys.stderr)
            return 1

        config, dit, decoder = networks(args.model)
        g = torch.Generator().manual_seed(0)
        random = lambda *shape: torch.randn(shape, generator=g)
        size = config["frame"]["height"] // 8, config["frame"]["width"] // 8
        frames = HISTORY_LATENTS + NEW_LATENTS
        x, y, latents = random(16, frames, *size), random(20, frames, *size), random(16, NEW_LATENTS, *size)
        decoder.decode(random(16, 1, *size))
        context, clip_fea = golden["seg1.context"], golden["seg1.clip_features"]
        conditions = dit.conditions(context, clip_fea)
        result = {}
        result |= measure("dit_forward", lambda: dit.forward(x, y, 875.0, dit.conditions(context, clip_fea)), args.runs)
        result |= measure("dit_forward_same_conditions", lambda: dit.forward(x, y, 875.0, conditions), args.runs)
        result |= measure("vae_decode", lambda: decoder.decode(latents), args.runs)
        result |= {"threads": args.threads, "runs": args.runs, "torch": torch.__version__}
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
