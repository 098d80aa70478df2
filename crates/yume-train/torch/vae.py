#!/usr/bin/env python3
"""Trains the decoder of the embedded model's VAE in PyTorch; latents stay what they are.

Beside latents it learns to read the frames that were foreseen, for whatever latents are too small to hold.

A discriminator of small patches joins in the last part of the run, so that what cannot be known of a picture is
drawn sharply rather than averaged.

A walk looks at what was decoded from nearer and decodes it again, segment after segment. Some clips are made so, from
what the decoder itself made of them before, so that it sharpens what was enlarged instead of washing it out.
"""

import json

import torch
import torch.nn.functional as F

from common import Run, begin, coarser, gradients, planes, psnr, read_walk, weights
from networks import Decoder


LENGTH = 32


def loss(recipe: dict, decoded: torch.Tensor, video: torch.Tensor) -> torch.Tensor:
    """Of frames [n, 3, h, w]: the same sum as yume-train's."""
    d = decoded - video
    total = recipe["absolute"] * d.abs().mean() + recipe["squared"] * d.square().mean()
    total = total + recipe["temporal"] * (d[1:] - d[:-1]).abs().mean()
    return total + recipe["gradient"] / 3 * gradients(d)


def foreseen(frames: torch.Tensor) -> torch.Tensor:
    """Frames [n, 3, h, w] as a reference of which everything is there."""
    return torch.cat([frames, torch.ones_like(frames[:, :1])], 1)


class Walked:
    """Clips, and what is left of them after some segments of walking."""

    def __init__(self, recipe: dict):
        self.recipe, self.slots = recipe, [None] * recipe["slots"]

    def take(self, number: int, clip, g: torch.Generator):
        """The true frames [3, n, h, w] in a slot and what they look like from nearer; the slot may begin again."""
        uniform = lambda: torch.rand((), generator=g).item()
        if self.slots[number] is None or uniform() < self.recipe["begin_again"]:
            video, _ = clip(g)
            self.slots[number] = video, video.transpose(0, 1)
        video, frames = self.slots[number]
        # Who stands looks at a picture again and again from where it was taken.
        times = 1 + (self.recipe["most"] - 1) * max(0.0, 1.25 * uniform() - 0.25)
        return video, coarser(frames, times)

    def put(self, number: int, decoded: torch.Tensor) -> None:
        self.slots[number] = self.slots[number][0], decoded.detach().clamp(-1, 1)


class Critic(torch.nn.Sequential):
    """Judges patches of two neighbouring frames."""

    def __init__(self, width: int):
        conv = lambda i, o, stride: torch.nn.Conv2d(i, o, 4, stride, 1)
        super().__init__(conv(6, width, 2), torch.nn.LeakyReLU(0.2), conv(width, 2 * width, 2),
                         torch.nn.GroupNorm(4, 2 * width), torch.nn.LeakyReLU(0.2), conv(2 * width, 2 * width, 1),
                         torch.nn.GroupNorm(4, 2 * width), torch.nn.LeakyReLU(0.2), conv(2 * width, 1, 1))

    def judge(self, frames):
        return self(torch.cat([frames[:-1], frames[1:]], 1))


def sharpness(frames: torch.Tensor) -> float:
    grey = frames.mean(1)
    return ((grey[:, 1:] - grey[:, :-1]).abs().mean() + (grey[..., 1:] - grey[..., :-1]).abs().mean()).item()


def main() -> None:
    args, config = begin(__doc__)
    recipe = config["vae"]
    model = json.loads((args.model / "config.json").read_text())["vae"]
    all = weights(args.model / "vae.safetensors")
    width = model["dec_dims"][0]
    all.setdefault("decoder.reference.weight", torch.zeros(width, 3 * model["patch_size"] ** 2 + 1, 1, 3, 3))
    # Zero, so that no reference and a reference of which nothing is there are one.
    unused = "decoder.reference.bias"
    all.setdefault(unused, torch.zeros(width))
    trained = {n: t for n, t in all.items() if n.startswith(("decoder.", "conv2.")) and n != unused}
    adversary = recipe["adversary"]
    torch.manual_seed(config["seed"])
    critic = Critic(adversary["width"])
    judge = torch.optim.Adam(critic.parameters(), lr=adversary["rate"], betas=(0.5, 0.9))
    run = Run(args, recipe, trained, {"critic": critic, "judge": judge})
    vae = Decoder(model, all | trained)
    spread = torch.tensor(model["latent_std"])[:, None, None]
    walked, uniform = Walked(recipe["walked"]), lambda g: torch.rand((), generator=g).item()
    paths = sorted(args.walks.glob("walk-*"))
    clips = {}

    def excerpt(walk, leg: int, first: int, count: int, kind: str):
        """Frames [3, count, h, w] that begin `first` frames into a leg, and their reference [count, 4, h, w]."""
        begin = leg * LENGTH + first
        video = planes(walk["frames"][begin:begin + count])
        # Fill k stands for frame k + 1; the picture that a leg begins with is not foreseen.
        at = (leg - (kind == "recalled")) * LENGTH + first
        filled = planes(walk[kind][at - (first > 0):at + count - 1])
        if first == 0:
            filled = torch.cat([torch.zeros_like(filled[:, :1]), filled], 1)
        is_there = torch.ones_like(filled[:1])
        if first == 0:
            is_there[:, 0] = 0
        return video, torch.cat([filled, is_there]).transpose(0, 1)

    def clip(g: torch.Generator):
        below = lambda n: torch.randint(n, (), generator=g).item()
        path = paths[below(len(paths))]
        if path not in clips:
            clips[path] = read_walk(path, ["frames", "fresh", "recalled"])[0]
        leg = below(4)
        kind = "recalled" if leg > 0 and below(2) else "fresh"
        most = (LENGTH + 1 - recipe["frames"]) // 4
        video, reference = excerpt(clips[path], leg, 4 * below(most + 1), recipe["frames"], kind)
        return video, None if uniform(g) < recipe["reference_dropout"] else reference

    held = [excerpt(read_walk(path, ["frames", "fresh", "recalled"])[0], leg, 0, 33, "recalled" if leg else "fresh")
            for path in sorted(args.held_out.glob("walk-*")) for leg in (0, 2)]

    def walk(video, segments: int):
        frames = video[:, 1:6].transpose(0, 1)
        for _ in range(segments):
            frames = coarser(frames, 1.3)
            frames = vae.decode(vae.encode(frames.transpose(0, 1)), foreseen(frames)).clamp(-1, 1)
        return torch.cat([frames[:1], frames])

    def compared(pairs) -> dict:
        """What is shown beside what is true, but for the first frame."""
        pairs = [(shown[1:], true[1:len(shown)]) for shown, true in pairs]
        mean = lambda values: sum(values) / len(pairs)
        return {"psnr_db": round(mean(psnr(*pair) for pair in pairs), 2),
                "sharpness": round(mean(sharpness(shown) / sharpness(true) for shown, true in pairs), 3)}

    def figures() -> dict:
        live = dict(vae.w)
        vae.w.update(run.averages)
        found = {}
        with torch.no_grad():
            for name, refers in (("alone", False), ("with_reference", True)):
                pairs = [(vae.decode(vae.encode(v), r if refers else None).clamp(-1, 1), v.transpose(0, 1))
                         for v, r in held]
                found[name] = compared(pairs)
            for segments in (1, 8):
                found[f"after_{segments}_segments"] = compared([(walk(v, segments), v.transpose(0, 1)) for v, _ in held])
            pairs = [(r[1:, :3], v.transpose(0, 1)[1:]) for v, r in held]
            found["reference_psnr_db"] = round(sum(psnr(*pair) for pair in pairs) / len(pairs), 2)
        vae.w.update({n: live[n] for n in run.averages})
        return found

    print("before:", figures(), flush=True)
    begins = int(adversary["from"] * recipe["steps"])
    while not run.is_over():
        g = torch.Generator().manual_seed(config["seed"] * 1_000_003 + run.step)
        total = 0.0
        for _ in range(recipe["batch"]):
            slot = None
            if uniform(g) < recipe["walked"]["share"]:
                slot = torch.randint(recipe["walked"]["slots"], (), generator=g).item()
                video, nearer = walked.take(slot, clip, g)
                reference = foreseen(nearer)
            else:
                video, reference = clip(g)
            led = slot is not None and uniform(g) < recipe["walked"]["led"]
            with torch.no_grad():
                latents = vae.encode(nearer.transpose(0, 1) if led else video)
                most = recipe["noise"] * torch.rand((), generator=g)
                latents = latents + spread * most * torch.randn(latents.shape, generator=g)
            video = video.transpose(0, 1)
            decoded = vae.decode(latents, reference)
            if slot is not None:
                walked.put(slot, decoded)
            value = loss(recipe["loss"], decoded, video)
            total += value.item()
            if run.step >= begins:
                ramp = min(1.0, (run.step - begins) / 200)
                value = value - ramp * adversary["weight"] * critic.judge(decoded).mean()
            (value / recipe["batch"]).backward()
            if run.step >= begins:
                judge.zero_grad(set_to_none=True)
                real, made = critic.judge(video), critic.judge(decoded.detach())
                (F.relu(1 - real).mean() + F.relu(1 + made).mean()).backward()
                judge.step()
        run.update(recipe["batch"])
        if run.step % 200 == 0 or run.is_over():
            print(f"step {run.step}: loss {total / recipe['batch']:.4f}", figures(), f"{run.items} clips", flush=True)
            run.save()
            run.export("vae.safetensors", "", {n: t for n, t in all.items() if n not in trained})
    run.provenance("vae", args, config, figures())
    facts = json.loads((args.model / "config.json").read_text())
    facts["vae"]["decoder_reference"] = True
    (args.out / "config.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
