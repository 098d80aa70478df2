"""That what this folder changes in diffusers does not change its results, at the one text length diffusers knows."""

import torch
from diffusers.models.transformers.transformer_wan import WanAttnProcessor

from reference_dit import Dit
from store import random_weights, relative_error

CONFIG = {"dim": 24, "heads": 2, "layers": 2, "ffn": 32, "text_dim": 8, "text_len": 512, "in_dim": 36, "out_dim": 16,
          "freq_dim": 256, "patch_size": [1, 2, 2], "eps": 1e-6, "img_dim": 16, "img_tokens": 10,
          "history_tiers": [1, 2, 4]}


def check() -> dict[str, float]:
    dit = Dit(CONFIG)
    dit.load(random_weights(dit.shapes(), 7, torch.bfloat16))
    g = torch.Generator().manual_seed(8)
    normal = lambda *shape: torch.randn(shape, generator=g)
    case = {"x": normal(16, 3, 6, 10), "y": normal(20, 3, 6, 10), "t": torch.tensor([500.0]),
            "context": normal(9, 8), "clip_fea": normal(1, 10, 16)}
    ours = dit.plain(case)
    for block in dit.net.blocks:
        block.attn2.set_processor(WanAttnProcessor())
    return {"cross attention": relative_error(ours, dit.plain(case))}
