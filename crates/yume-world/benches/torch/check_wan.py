#!/usr/bin/env python3
"""Compares the PyTorch networks that `wan.py` times with golden tensors of diffusers and transformers, in f32.

    check_wan.py

The tensors are those of `crates/yume-nets/tests/golden`. Needs torch and safetensors.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.dont_write_bytecode = True  # keeps this folder free of __pycache__

import wan_dit
from wan_dit import WanDit
from wan_encoders import ClipVision, TextEncoder, clip_shapes, text_shapes
from wan_vae import WanVae
from wan_vae import shapes as vae_shapes

GOLDEN = Path(__file__).parents[3] / "yume-nets/tests/golden"
# Sums in another order than diffusers' differ by rounding alone.
TOLERANCE = 2e-5

# Statistics of the Wan 2.1 latents.
MEAN = [-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
        0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921]
STD = [2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
       3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160]


def read(path: Path) -> dict[str, torch.Tensor]:
    tensors = torch.load(path, weights_only=True) if path.suffix == ".pth" else load_file(path)
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def config(folder: str, **names: str) -> dict:
    c = json.loads((GOLDEN / folder / "config.json").read_text())
    return c | {ours: c[theirs] for ours, theirs in names.items()}


def expect(shapes: dict, weights: dict) -> dict:
    wrong = [name for name, shape in shapes.items() if tuple(weights[name].shape) != tuple(shape)]
    if wrong:
        raise SystemExit(f"error: shapes differ from the published ones: {wrong}")
    return {name: weights[name] for name in shapes}


def error(ours: torch.Tensor, golden: torch.Tensor) -> float:
    return ((ours.double() - golden.double()).norm() / golden.double().norm()).item()


def dit(folder: str) -> dict[str, float]:
    c = config(folder, ffn_dim="ffn", num_heads="heads", num_layers="layers")
    weights = read(GOLDEN / folder / "diffusion_pytorch_model.safetensors")
    net = WanDit(c, expect(wan_dit.shapes(c), weights))
    errors = {}
    for path in sorted((GOLDEN / folder).glob("p*_*.safetensors")):
        case = read(path)
        _, frames, height, width = case["x"].shape
        is_packed = path.stem.startswith("packed")
        window = int(path.stem.split("_z")[1].split("_")[0]) if is_packed else frames
        keys = net.context(case["context"][None], case["clip_fea"])
        plan = net.plan(frames - window, window, height, width)
        out = net.forward(case["x"][None], case["y"][None], case["t"], keys, plan)
        errors[f"{folder} {path.stem}"] = error(out[0], case["out"])
    return errors


def vae() -> dict[str, float]:
    c = config("vae")
    levels, width = [m * c["dim"] for m in c["dim_mult"]], c["dim"]
    encoder = [{"input": i, "output": o} for i, o in zip([width, *levels], levels)]
    up = levels[::-1]
    decoder = [{"input": i, "output": o} for i, o in zip([up[0], *(o // 2 for o in up)], up)]
    blocks = c["num_res_blocks"]
    c |= {"patch_size": 1, "skip": None, "encoder": encoder, "decoder": decoder, "temporal": c["temporal_downsample"],
          "encoder_res_blocks": blocks, "decoder_res_blocks": blocks + 1, "latent_mean": MEAN, "latent_std": STD}
    net = WanVae(c, expect(vae_shapes(c), read(GOLDEN / "vae/Wan2.1_VAE.pth")))
    errors = {}
    for path in sorted((GOLDEN / "vae").glob("case_*.safetensors")):
        case = read(path)
        video, cache = case["video"][None], {}
        groups = [video[:, :, :1], *video[:, :, 1:].split(4, dim=2)] if video.shape[2] > 1 else [video]
        latent = torch.cat([net.encode(group, cache) for group in groups], dim=2)
        errors[f"vae {path.stem} encode"] = error(latent[0], case["latent"])
        cache = {}
        frames = torch.cat([net.decode(z, cache) for z in case["z"][None].split(1, dim=2)], dim=2)
        errors[f"vae {path.stem} decode"] = error(frames[0], case["decoded"])
    return errors


def encoders() -> dict[str, float]:
    c = config("umt5", ffn="dim_ffn", heads="num_heads", layers="num_layers", buckets="num_buckets")
    c |= {"max_distance": 128, "eps": 1e-6}
    net = TextEncoder(c, expect(text_shapes(c), read(GOLDEN / "umt5/models_t5_umt5-xxl-enc-bf16.pth")))
    cases, errors = read(GOLDEN / "umt5/cases.safetensors"), {}
    for i in range(len(cases) // 3):
        ids = cases[f"ids_{i}"][: int(cases[f"mask_{i}"].sum())]
        errors[f"text {i}"] = error(net.forward(ids)[0], cases[f"context_{i}"])
    c = config("clip")
    weights = read(GOLDEN / "clip/models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth")
    net = ClipVision(c, expect(clip_shapes(c), weights))
    cases = read(GOLDEN / "clip/cases.safetensors")
    for i in range(len(cases) // 3):
        errors[f"clip {i}"] = error(net.forward(cases[f"pixels_{i}"][None])[0], cases[f"features_{i}"])
    return errors


def main() -> int:
    with torch.inference_mode():
        errors = dit("dit") | dit("dit_far") | vae() | encoders()
    for name, value in errors.items():
        print(f"{value:.1e}  {name}")
    wrong = [name for name, value in errors.items() if not value < TOLERANCE]
    if wrong:
        print(f"error: {', '.join(wrong)} differ by more than {TOLERANCE:.0e}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
