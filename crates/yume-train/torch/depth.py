#!/usr/bin/env python3
"""Trains the embedded model's estimate of depth in PyTorch, on views of the town that `yume-train views` wrote.

The town's colours are changed and its pictures blurred, so that it is shapes that are learnt, and what a walk makes of
pictures does not mislead.
"""

import json

import torch
from safetensors.torch import load_file

from common import Run, begin, coarser, gradients, planes, weights
from networks import Depth

# Metres beyond which differences hardly count: 1 / NEARNESS.
NEARNESS = 0.02


def logarithm(inverse):
    return (inverse + NEARNESS).log()


def loss(found, true, recipe: dict):
    """Of inverse depths [n, h, w]: the error of their logarithm and, at three scales, of its edges."""
    error = logarithm(found) - logarithm(true)
    return error.abs().mean() + recipe["edges"] * gradients(error[:, None])


def changed(pictures, recipe: dict, g: torch.Generator):
    """Pictures [n, 3, h, w] in other colours, some of them blurred, with noise."""
    n = len(pictures)
    uniform = lambda *shape: torch.rand(*shape, generator=g)
    x = (pictures / 2 + 0.5) ** (0.6 + 0.9 * uniform(n, 1, 1, 1))
    mixed = torch.eye(3) + recipe["colours"] * torch.randn(n, 3, 3, generator=g)
    mixed = mixed / mixed.sum(2, keepdim=True).clamp(min=0.3)
    mixed[uniform(n) < 0.5] = torch.eye(3)
    x = torch.einsum("nij,njhw->nihw", mixed, x) * (0.7 + 0.6 * uniform(n, 1, 1, 1)) + 0.1 * (uniform(n, 1, 1, 1) - 0.5)
    x = x.clamp(0, 1) * 2 - 1
    for k in range(n):
        if uniform(1).item() < 0.5:
            times = 1 + recipe["blur"] * uniform(1).item()
            x[k:k + 1] = coarser(x[k:k + 1], times)
    return x + 0.04 * uniform(n, 1, 1, 1) * torch.randn(x.shape, generator=g)


def read(folder) -> dict[str, torch.Tensor]:
    files = [load_file(path) for path in sorted(folder.glob("views-*.safetensors"))]
    return {name: torch.cat([file[name] for file in files]) for name in files[0]}


def main() -> None:
    args, config = begin(__doc__)
    recipe, sizes, warp = config["depth"], config["model"]["depth"], config["model"]["warp"]
    torch.manual_seed(config["seed"])
    path = args.model / "depth.safetensors"
    run = Run(args, recipe, weights(path) if path.exists() else Depth.begin(sizes))
    network = Depth(sizes, warp, run.parameters)
    views, held = read(args.walks), read(args.held_out)

    def figures() -> dict:
        """The error of the logarithm with the averages, that of things within 12 m, and those of flat ground and a wall."""
        with torch.no_grad():
            true, pitch = held["inverse_depth"].float(), held["pitch"]
            found = Depth(sizes, warp, run.averages).forward(planes(held["frames"]).transpose(0, 1), pitch)
            flat = network.ground(pitch, true.shape[1:]).clamp(min=1 / warp["cylinder_radius_m"])
            error, usual = ((logarithm(d) - logarithm(true)).abs() for d in (found, flat))
            near = true > 1 / 12
        mean = lambda e: round(e.mean().item(), 4)
        return {"log_error": mean(error), "near": mean(error[near]), "flat": mean(usual), "flat_near": mean(usual[near])}

    total, told = 0.0, run.step
    while not run.is_over():
        g = torch.Generator().manual_seed(config["seed"] * 1_000_003 + run.step)
        chosen = torch.randint(len(views["pitch"]), (recipe["batch"],), generator=g)
        pictures, true = planes(views["frames"][chosen]).transpose(0, 1), views["inverse_depth"][chosen].float()
        mirrored = torch.rand(len(chosen), generator=g) < 0.5
        pictures[mirrored], true[mirrored] = pictures[mirrored].flip(-1), true[mirrored].flip(-1)
        value = loss(network.forward(changed(pictures, recipe, g), views["pitch"][chosen]), true, recipe)
        value.backward()
        run.update(len(chosen))
        total += value.item()
        if run.step % 100 == 0 or run.is_over():
            print(f"step {run.step}: loss {total / (run.step - told):.4f}", figures(), f"{run.items} views", flush=True)
            total, told = 0.0, run.step
            run.save()
            run.export("depth.safetensors", "")
    run.provenance("depth", args, config, figures())


if __name__ == "__main__":
    main()
