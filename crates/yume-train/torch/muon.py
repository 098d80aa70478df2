"""AdamW, and for the matrices inside of blocks Muon: momentum whose singular values are all drawn towards 1."""

import torch

MOMENTUM = 0.95
# Of an odd polynomial of fifth degree that takes (0, 1] towards 1 (Keller Jordan, Muon, 2024).
POLYNOMIAL = 3.4445, -4.7750, 2.0315
TIMES = 5


def orthogonal(m: torch.Tensor) -> torch.Tensor:
    """Of matrices [n, rows, columns] about the nearest ones with orthogonal rows, or columns where those are fewer."""
    if m.shape[-2] > m.shape[-1]:
        return orthogonal(m.mT).mT
    a, b, c = POLYNOMIAL
    m = m / m.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(TIMES):
        square = m @ m.mT
        m = a * m + (b * square + c * square @ square) @ m
    return m


class Muon(torch.optim.Optimizer):
    """Steps as large as those of AdamW at the same rate."""

    def __init__(self, parameters, lr: float, weight_decay: float):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            alike = {}
            for p in group["params"]:
                if p.grad is not None:
                    momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                    momentum.mul_(MOMENTUM).add_(p.grad)
                    alike.setdefault(p.shape, []).append((p, p.grad.lerp(momentum, MOMENTUM)))
            for shape, pairs in alike.items():
                steps = orthogonal(torch.stack([step for _, step in pairs]))
                for (p, _), step in zip(pairs, steps):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(step, alpha=-0.2 * max(shape) ** 0.5 * group["lr"])
