"""A walk of Yume 1.0, step by step as its published script takes it (`fastvideo/sample/sample.py`, commit 111c3fa).

The whole history is decoded and encoded again for every segment; nothing is kept from one to the next but latents and frames.
"""

from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from PIL import Image, ImageSequence

import captions
from model import HEIGHT, WIDTH, Model
from noise import Noise

COPIES = 17
SEGMENT = 32
LATENTS = SEGMENT // 4
WINDOW = 9
SHIFT, GUIDANCE = 3.0, 5.0


def planes(picture: Image.Image) -> torch.Tensor:
    """[3, H, W] in [-1, 1]."""
    pixels = torch.from_numpy(numpy.array(picture.convert("RGB"))).permute(2, 0, 1)
    return (pixels.float() / 255 - 0.5) * 2


def stretched(frames: torch.Tensor, kernel: str) -> torch.Tensor:
    return F.interpolate(frames, size=(HEIGHT, WIDTH), mode=kernel, align_corners=False).clamp(-1, 1)


def from_picture(path: Path) -> torch.Tensor:
    """The history of a walk from a picture, [3, frames, H, W]."""
    with Image.open(path) as picture:
        frame = stretched(planes(picture)[None], "bilinear")
    return frame.repeat(COPIES, 1, 1, 1).transpose(0, 1)


def from_video(path: Path) -> torch.Tensor:
    """All frames of a video, one more than a multiple of four."""
    with Image.open(path) as video:
        frames = torch.stack([planes(frame) for frame in ImageSequence.Iterator(video)])
    return stretched(frames, "bicubic").transpose(0, 1)


def sigmas(steps: int) -> list[float]:
    evenly = [1 - i / steps for i in range(steps)]
    return [SHIFT * s / (1 + (SHIFT - 1) * s) for s in evenly]


def take(model: Model, pixels: torch.Tensor, texts: list[str], seed: int, steps: int) -> dict[str, torch.Tensor]:
    """A segment for each of `texts` after the history `pixels`; what the program is to agree with."""
    ids = lambda text: torch.tensor(captions.ids(model.tokenizer, text))
    encode = lambda tokens: model.text.encode(tokens, torch.ones_like(tokens))
    image = model.clip.features(model.clip.pixels(pixels[:, -1]))
    negative = encode(ids(captions.NEGATIVE))
    history = model.vae.encode(pixels)
    out = {"start": pixels[:, -1], "clip_features": image, "negative": negative}
    shown = []
    for segment, text in enumerate(texts):
        tokens = ids(text)
        context = encode(tokens)
        known = history.shape[1]
        assert pixels.shape[1] == 4 * known - 3
        unknown = torch.zeros_like(pixels[:, :1]).expand(-1, SEGMENT, -1, -1)
        latents = model.vae.encode(torch.cat([pixels, unknown], dim=1))
        mask = torch.zeros(4, *latents.shape[1:])
        mask[:, :known] = 1
        y = torch.cat([mask, latents])
        epsilon = Noise(seed, segment).draw(*latents.shape)

        def velocity(x: torch.Tensor, sigma: float, context: torch.Tensor) -> torch.Tensor:
            t = torch.tensor([1000 * sigma], dtype=torch.float64)
            case = {"x": x, "y": y, "t": t, "context": context, "clip_fea": image[None]}
            return model.dit.packed(case, WINDOW)

        x, levels = epsilon, sigmas(steps)
        for i, sigma in enumerate(levels):
            v, u = velocity(x, sigma, context), velocity(x, sigma, negative)
            if i == 0:
                first = v
            after = levels[i + 1] if i + 1 < steps else 0.0
            new = x[:, -LATENTS:] + (after - sigma) * (u + GUIDANCE * (v - u))[:, -LATENTS:]
            level = levels[min(i + 1, steps - 1)]
            x = torch.cat([level * epsilon[:, :known] + (1 - level) * history, new], dim=1)

        history = torch.cat([history, new], dim=1)
        frames = model.vae.decode(history).clamp(-1, 1)[:, -SEGMENT:]
        pixels = torch.cat([pixels, frames], dim=1)
        shown.append(frames)
        stages = {"ids": tokens.int(), "context": context, "y": y, "noise": epsilon, "velocity": first, "latents": new}
        out |= {f"segment{segment}.{stage}": tensor for stage, tensor in stages.items()}
    frames = torch.cat(shown, dim=1).permute(1, 2, 3, 0)  # [frames, H, W, 3]
    return out | {"frames": ((frames / 2 + 0.5).clamp(0, 1) * 255).round().byte()}
