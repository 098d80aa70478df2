"""What both trainings share: the recipe, the optimizer with averages, checkpoints, and the files they end in."""

import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from muon import Muon
from shared import keep_freed_memory


def begin(description: str) -> tuple[argparse.Namespace, dict]:
    """What the command line says, and the recipe that it names."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", type=Path, required=True, help="the recipe, such as configs/tiny.json")
    parser.add_argument("--walks", type=Path, required=True, help="folder that `yume-train walks` filled, or `views`")
    parser.add_argument("--held-out", type=Path, required=True, help="folder of such that are not learnt from")
    parser.add_argument("--from", dest="model", type=Path, required=True, help="folder of the model to go on from")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the finished files; "
                        "a checkpoint in it is gone on from")
    parser.add_argument("--minutes", type=float, default=1e9, help="stops after so many minutes")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    return args, json.loads(args.config.read_text())


def rate(recipe: dict, step: int, steps: int) -> float:
    """Rises to the peak, stays, and falls in a straight line."""
    if step < recipe["warmup"]:
        return recipe["peak"] * (step + 1) / recipe["warmup"]
    begin = max(recipe["hold"] * steps, recipe["warmup"])
    fallen = min(max((step - begin) / max(steps - begin, 1), 0), 1)
    return recipe["peak"] * (1 - fallen * (1 - recipe["last"]))


class Run:
    """Parameters that are trained, by name, and their averages."""

    def __init__(self, args, recipe: dict, parameters: dict[str, torch.Tensor], beside: dict | None = None):
        """`beside` has modules and optimizers that help to train, by name; they are kept in the checkpoint."""
        self.beside = beside or {}
        self.out, self.recipe, self.parameters = args.out, recipe, parameters
        o = recipe["optimizer"]
        for p in parameters.values():
            p.requires_grad_(True)
        inside = [name for name, p in parameters.items() if ".blocks." in name and p.ndim == 2]
        rest = [p for name, p in parameters.items() if name not in inside]
        self.optimizers = [torch.optim.AdamW(rest, lr=0.0, betas=(o["beta_1"], o["beta_2"]), eps=o["epsilon"],
                                             weight_decay=o["weight_decay"])]
        if inside:
            self.optimizers.append(Muon([parameters[name] for name in inside], 0.0, o["weight_decay"]))
        self.averages = {name: p.detach().clone() for name, p in parameters.items()}
        self.step, self.seconds, self.items = 0, 0.0, 0
        self.begun, self.limit, self.saved = time.time(), 60 * args.minutes, time.time()
        self.out.mkdir(parents=True, exist_ok=True)
        self.path = self.out / "checkpoint.pt"
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            for name, p in parameters.items():
                p.data.copy_(state["parameters"][name])
            self.averages, self.step = state["averages"], state["step"]
            self.seconds, self.items = state["seconds"], state["items"]
            for optimizer, known in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(known)
            for name, helper in self.beside.items():
                helper.load_state_dict(state[name])

    def is_over(self) -> bool:
        return self.step >= self.recipe["steps"] or time.time() - self.begun > self.limit

    def update(self, items: int) -> None:
        o = self.recipe["optimizer"]
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), o["clip"])
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate(self.recipe["rate"], self.step, self.recipe["steps"])
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.items += items
        # Young averages forget fast.
        keep = min(o["average"], (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, p in self.parameters.items():
                self.averages[name].lerp_(p, 1 - keep)

    def save(self) -> None:
        now = time.time()
        self.seconds += now - self.saved
        self.saved = now
        state = {"parameters": {n: p.detach() for n, p in self.parameters.items()}, "averages": self.averages,
                 "step": self.step, "seconds": self.seconds, "items": self.items,
                 "optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}
        state |= {name: helper.state_dict() for name, helper in self.beside.items()}
        torch.save(state, self.path.with_suffix(".new"))
        self.path.with_suffix(".new").replace(self.path)

    def export(self, file: str, prefix: str, fixed: dict[str, torch.Tensor] | None = None) -> None:
        """Writes the averages whose names begin with `prefix`, without it, and what is not trained."""
        tensors = dict(fixed or {}) | {n.removeprefix(prefix): t for n, t in self.averages.items() if n.startswith(prefix)}
        half = {name: t.half().contiguous() for name, t in tensors.items()}
        save_file(half, self.out / f"{file}.new", metadata={"format": "pt"})
        (self.out / f"{file}.new").replace(self.out / file)

    def provenance(self, command: str, args, config: dict, figures: dict) -> None:
        path = self.out / "provenance.json"
        before = json.loads(path.read_text()) if path.exists() else {}
        before[command] = {
            "made_by": f"crates/yume-train/torch, PyTorch {torch.__version__}, {args.threads} threads",
            "continued_from": args.model.name, "data": "rendered from the procedural town of yume-town; nothing else",
            "walks": len(list(args.walks.glob("walk-*"))), "steps": self.step, "items": self.items,
            "seconds": round(self.seconds), "held_out": figures,
            "recipe": {"seed": config["seed"], "data": config["data"], command: config[command]},
        }
        path.write_text(json.dumps(before, indent=2) + "\n")


def weights(path: Path) -> dict[str, torch.Tensor]:
    return {name: tensor.float() for name, tensor in load_file(path).items()}


def read_walk(path: Path, names) -> tuple[dict[str, torch.Tensor], dict]:
    with safe_open(path, "pt") as file:
        there = set(file.keys())
        return {name: file.get_tensor(name) for name in names if name in there}, json.loads(file.metadata()["texts"])


def planes(frames: torch.Tensor) -> torch.Tensor:
    """[n, h, w, 3] bytes -> [3, n, h, w] in [-1, 1]."""
    return frames.permute(3, 0, 1, 2).float() / 127.5 - 1


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    return 10 * math.log10(4 / max((a - b).square().mean().item(), 1e-5))


def gradients(frames: torch.Tensor) -> torch.Tensor:
    """Mean absolute gradients of frames [n, c, h, w], summed over three scales."""
    total = 0.0
    for scale in range(3):
        total = total + (frames[..., 1:, :] - frames[..., :-1, :]).abs().mean()
        total = total + (frames[..., 1:] - frames[..., :-1]).abs().mean()
        if scale < 2:
            frames = F.avg_pool2d(frames, 2)
    return total


def coarser(frames: torch.Tensor, times: float) -> torch.Tensor:
    """Frames [n, 3, h, w] as if taken from so many times as far, and enlarged."""
    size = frames.shape[-2:]
    less = [max(1, round(edge / times)) for edge in size]
    small = F.interpolate(frames, less, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(small, size, mode="bilinear", align_corners=False)
