"""Reading, writing and comparing golden tensors."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def read_config(folder: Path) -> dict:
    return json.loads((folder / "config.json").read_text())


def write_config(folder: Path, config: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in config.items())
    (folder / "config.json").write_text("{\n" + lines + "\n}\n")


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix == ".pth":
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    return load_file(path)


def write_tensors(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    tensors = {name: t.detach().clone().contiguous() for name, t in tensors.items()}
    if path.suffix == ".pth":
        torch.save(tensors, path)
    else:
        save_file(tensors, path)


def random_weights(shapes: dict[str, torch.Size], seed: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Weights that keep activations near unit size, rounded to `dtype` so that the file holds them exactly."""
    g = torch.Generator().manual_seed(seed)
    weights = {}
    for name in sorted(shapes):
        shape = shapes[name]
        noise = torch.randn(shape, generator=g)
        # A parameter whose only long axis is its channels scales a norm, unless its name says bias.
        per_channel = noise.numel() == max(shape, default=1)
        if name.endswith("bias"):
            value = 0.1 * noise
        elif per_channel and name.endswith(("gamma", "weight")):
            value = 1.0 + 0.2 * noise
        elif noise.dim() >= 3 and not name.endswith("weight"):
            value = noise / shape[-1] ** 0.5
        else:
            fan_in = noise[0].numel()
            value = noise / fan_in**0.5
        weights[name] = value.to(dtype)
    return weights


def relative_error(ours: torch.Tensor, golden: torch.Tensor) -> float:
    if ours.shape != golden.shape:
        raise SystemExit(f"shape {tuple(ours.shape)} differs from the golden {tuple(golden.shape)}")
    golden = golden.double()
    return ((ours.double() - golden).norm() / golden.norm()).item()
