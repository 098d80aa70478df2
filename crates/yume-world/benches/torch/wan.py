#!/usr/bin/env python3
"""PyTorch's times for the stages that `yume bench --size SIZE` measures: the same networks, sizes and row names.

    yume bench --full-size --json > ours.json
    wan.py --like ours.json --out theirs.json

Random weights, drawn on the device; scaled-dot-product attention; bf16 on a GPU, f32 on a processor, the VAE in f32 on
both, as the program holds it (on a GPU another row has it in bf16). Keys and values of the cross attention, the rotation
and the packing are made once, not per pass. Needs torch alone; `check_wan.py` compares the networks with diffusers.
"""

import argparse
import gc
import json
import math
import statistics
import sys
import time
from pathlib import Path

import torch

sys.dont_write_bytecode = True  # keeps this folder free of __pycache__

import wan_dit
from wan_dit import WanDit
from wan_encoders import ClipVision, TextEncoder, clip_shapes, text_shapes
from wan_vae import WanVae
from wan_vae import shapes as vae_shapes

# Latents of history besides those of a first segment, if the program measured none.
HISTORIES = (13, 29, 93)


def draw(shapes: dict, dtype: torch.dtype, device: torch.device) -> dict[str, torch.Tensor]:
    """Weights that keep activations near unit size: ones for norms, small numbers elsewhere."""
    weights = {}
    for name, shape in shapes.items():
        long = math.prod(shape)
        if name.endswith("gamma") or (len(shape) == 1 and name.endswith("weight")):
            weights[name] = torch.ones(shape, dtype=dtype, device=device)
        else:
            spread = (long / shape[0]) ** -0.5 if len(shape) > 1 else 0.01
            weights[name] = torch.randn(shape, dtype=dtype, device=device) * spread
    return weights


class Clock:
    def __init__(self, device: torch.device, warm_ups: int, runs: int, ends: float):
        self.device, self.warm_ups, self.runs, self.ends = device, max(warm_ups, 1), max(runs, 1), ends
        self.rows, self.skipped = [], []

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def time(self, name: str, flops: float, run, history: int | None = None) -> None:
        what = name if history is None else f"{name}, {history} latents"
        if time.monotonic() > self.ends:
            self.skipped.append(what)
            return
        print(f"{what} ...", file=sys.stderr, flush=True)
        millis = []
        for _ in range(self.warm_ups + self.runs):
            self.wait()
            started = time.perf_counter()
            made = run()
            self.wait()
            millis.append(1e3 * (time.perf_counter() - started))
            del made
        counted = sorted(millis[self.warm_ups :])
        median = statistics.median_high(counted)
        self.rows.append({"name": name, "history": history, "first_ms": millis[0], "median_ms": median,
                          "least_ms": counted[0], "flops": flops, "flops_per_sec": flops / median * 1e3})

    def median(self, name: str, history: int | None = None) -> float | None:
        found = (row["median_ms"] for row in self.rows if (row["name"], row["history"]) == (name, history))
        return next(found, None)


def time_encoders(sizes: dict, flops: dict, dtype: torch.dtype, clock: Clock) -> tuple[torch.Tensor, torch.Tensor]:
    device = clock.device
    text = TextEncoder(sizes["text"], draw(text_shapes(sizes["text"]), dtype, device))
    ids = (torch.arange(sizes["caption_tokens"]) % sizes["text"]["vocab"]).to(device)
    clock.time("text encoder", flops["text encoder"], lambda: text.forward(ids))
    clip = ClipVision(sizes["clip"], draw(clip_shapes(sizes["clip"]), dtype, device))
    pixels = torch.randn(1, 3, *[sizes["clip"]["image_size"]] * 2, device=device)
    clock.time("image encoder", flops["image encoder"], lambda: clip.forward(pixels))
    return text.forward(ids), clip.forward(pixels)


def time_vae(sizes: dict, flops: dict, dtype: torch.dtype, clock: Clock, suffix: str) -> None:
    device, latents = clock.device, sizes["latents"]
    vae = WanVae(sizes["vae"], draw(vae_shapes(sizes["vae"]), dtype, device))
    video = torch.rand(1, 3, 1 + 4 * latents, sizes["height"], sizes["width"], device=device) * 2 - 1
    start: dict = {}
    vae.encode(video[:, :, :1], start)

    def encode():
        cache = dict(start)
        return [vae.encode(frames, cache) for frames in video[:, :, 1:].split(4, dim=2)]

    clock.time(f"VAE encode{suffix}", flops["VAE encode"], encode)
    z = torch.randn(1, sizes["vae"]["z_dim"], 1 + latents, sizes["height"] // 8, sizes["width"] // 8, device=device)
    begun: dict = {}
    vae.decode(z[:, :, :1], begun)

    def decode():
        cache = dict(begun)
        return [vae.decode(latent, cache) for latent in z[:, :, 1:].split(1, dim=2)]

    clock.time(f"VAE decode{suffix}", flops["VAE decode"], decode)


def time_dit(sizes: dict, ours: dict, dtype: torch.dtype, clock: Clock, features, is_compiled: bool) -> None:
    device = clock.device
    dit = WanDit(sizes["dit"], draw(wan_dit.shapes(sizes["dit"]), dtype, device))
    if is_compiled:
        dit.block = torch.compile(dit.block)
    flops = {(row["name"], row["history"]): row["flops"] for row in ours["stages"]}
    make = lambda: dit.context(*features)
    clock.time("cross-attention keys", flops.get(("cross-attention keys", None), 0), make)
    keys = make()
    pair = [tuple(torch.cat([part, part]) for part in block) for block in keys]
    height, width, window, z = sizes["height"] // 8, sizes["width"] // 8, sizes["window"], sizes["vae"]["z_dim"]
    measured = {row["history"] for row in ours["stages"] if row["history"] is not None}
    for known in sorted(measured or {sizes["first_history"], *HISTORIES}):
        history = known + sizes["latents"] - window
        plan = dit.plan(history, window, height, width)
        for name, copies, context in (("DiT forward", 1, keys), ("DiT forward, guidance pair", 2, pair)):
            x = torch.randn(copies, z, history + window, height, width, device=device)
            y = torch.randn(copies, z + 4, history + window, height, width, device=device)
            t = torch.full((copies,), 700.0, device=device)
            cost = flops.get((name, known), 0)
            clock.time(name, cost, lambda: dit.forward(x, y, t, context, plan), known)


def segments(sizes: dict, ours: dict, clock: Clock) -> list[dict]:
    """Seconds of whole segments from the medians of the stages, as the program computes them too."""
    first = sizes["first_history"]
    once = [clock.median(name) for name in ("text encoder", "cross-attention keys", "VAE encode", "VAE decode")]
    one, two = clock.median("DiT forward", first), clock.median("DiT forward, guidance pair", first)
    if None in once or one is None:
        return []
    text, keys, encode, decode = once
    rows = []
    for row in ours["segments"]:
        passes = row["evaluations"]
        best = passes * min(one, two / 2 if two and passes == 2 * row["steps"] else one)
        # The feature cache is the program's own: here every block runs.
        secs = (text + keys + 2 * encode + decode + best) / 1e3
        rows.append({"steps": row["steps"], "evaluations": passes, "computed_secs": secs})
    return rows


def compare(ours: dict, theirs: dict) -> None:
    rows = {(row["name"], row["history"]): row for row in theirs["stages"]}
    print(f"{'Median':<42}{'here':>12}{'PyTorch':>12}{'ratio':>8}")
    for row in ours["stages"]:
        other = rows.get((row["name"], row["history"]))
        if other is None:
            continue
        name = row["name"] if row["history"] is None else f"{row['name']}, {row['history']} latents"
        ratio = row["median_ms"] / other["median_ms"]
        print(f"{name:<42}{row['median_ms']:>9.1f} ms{other['median_ms']:>9.1f} ms{ratio:>8.2f}")
    for mine, other in zip(ours["segments"], theirs["segments"]):
        secs = mine["measured_secs"] or mine["computed_secs"]
        if secs:
            how = "measured" if mine["measured_secs"] else "computed"
            cache = f", {100 * mine['blocks_run']:.0f} % of blocks here" if mine["blocks_run"] < 1 else ""
            name = f"Segment, {mine['steps']} steps{cache} ({how})"
            print(f"{name:<42}{secs:>10.2f} s{other['computed_secs']:>10.2f} s{secs / other['computed_secs']:>8.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--like", type=Path, required=True, help="report of `yume bench --json` over random weights")
    parser.add_argument("--out", type=Path, help="where to write the report")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], help="of all but the VAE")
    parser.add_argument("--warm-ups", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, help="of a processor")
    parser.add_argument("--seconds", type=float, default=math.inf, help="nothing new is begun after these")
    parser.add_argument("--compile", action="store_true", help="compile the blocks of the DiT")
    args = parser.parse_args()
    started = time.monotonic()
    device = torch.device(args.device)
    dtype = getattr(torch, args.dtype or ("bfloat16" if device.type == "cuda" else "float32"))
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    ours = json.loads(args.like.read_text())
    sizes = ours["sizes"]
    flops = {row["name"]: row["flops"] for row in ours["stages"] if row["history"] is None}
    flops = {name: flops.get(name, 0) for name in ("text encoder", "image encoder", "VAE encode", "VAE decode")}
    clock = Clock(device, args.warm_ups, args.runs, started + args.seconds)
    with torch.inference_mode():
        features = time_encoders(sizes, flops, dtype, clock)
        time_vae(sizes, flops, torch.float32, clock, "")
        if device.type == "cuda":
            time_vae(sizes, flops, torch.bfloat16, clock, ", bf16")
        gc.collect()
        time_dit(sizes, ours, dtype, clock, features, args.compile)
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU ({torch.get_num_threads()} threads)"
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else None
    theirs = {"program": f"PyTorch {torch.__version__}", "device": name, "weights": str(dtype).removeprefix("torch."),
              "is_compiled": args.compile, "stages": clock.rows, "segments": segments(sizes, ours, clock),
              "peak_bytes": peak, "skipped": clock.skipped}
    if args.out:
        args.out.write_text(json.dumps(theirs, indent=1))
    print(f"{theirs['program']} on {name}, {theirs['weights']}; here: {ours['device']}, {ours['weights']}")
    compare(ours, theirs)
    if clock.skipped:
        print(f"Not measured, for lack of time: {'; '.join(clock.skipped)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
