#!/usr/bin/env python3
"""Trains the embedded model's DiT with its text and image encoders in PyTorch.

As `yume-train dit`, without masked steps; a walk of `yume-train walks --own MODEL` is one that the model itself began.
"""

import json
import re
import shutil

import torch
import torch.nn.functional as F

from common import Run, begin, planes, read_walk, weights
from networks import Clip, Decoder, Dit
from shared import TextEncoder

LEGS = 4


class Tokenizer:
    def __init__(self, words: list[str], length: int):
        self.ids, self.length = {word: i + 2 for i, word in enumerate(words)}, length

    def encode(self, text: str) -> list[int]:
        found = re.findall(r"\([^)]*\)|[^\W_]+", text.lower())
        return [self.ids[word] for word in found if word in self.ids][:self.length - 1] + [1]


class Walks:
    """Latents of recorded walks: everything that an example is made of."""

    def __init__(self, spec: dict, vae: Decoder, clip: Clip, folder):
        self.spec, self.vae, self.clip, self.folder, self.known = spec, vae, clip, folder, {}
        mean, std = (torch.tensor(spec["vae"][k])[:, None, None] for k in ("latent_mean", "latent_std"))
        self.normal = lambda latents: ((latents - mean) / std).transpose(0, 1).half()
        self.cap, self.copies = spec["dit"]["max_history_latents"], spec["frame"]["initial_copies"]
        self.refresh()

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("walk-*.safetensors")):
            if path.name not in self.known:
                self.known[path.name] = self.read(path)
        self.all = list(self.known.values())

    def read(self, path):
        frames, texts = read_walk(path, ["frames", "relit", "own", "fresh", "recalled"])
        video = planes(frames["frames"])
        length = (video.shape[1] - 1) // LEGS
        follow = lambda v: self.normal(self.vae.encode(torch.cat([v[:, :1], v], 1))[1:])
        starts = [video[:, k * length:k * length + 1] for k in range(LEGS)]
        still = [self.normal(self.vae.encode(start)) for start in starts]
        latents = lambda name: follow(planes(frames[name])) if len(frames.get(name, [])) else None
        seen = follow(video[:, 1:])
        own = latents("own")
        picture = [self.clip.pixels(start.transpose(0, 1))[0].half() for start in starts]
        return {"still": still, "video": seen, "walked": seen if own is None else own, "own": own is not None,
                "relit": latents("relit"), "fresh": latents("fresh"), "recalled": latents("recalled"),
                "picture": picture, "texts": texts}

    def example(self, walk, leg: int, stands: bool, g, recipe) -> dict:
        each = self.spec["dit"]["latent_frame_zero"]
        copies = 1 + (self.copies - 1) // 4
        still = lambda k: walk["still"][k].expand(-1, copies, -1, -1)
        part = lambda latents, k: latents[:, k * each:(k + 1) * each]
        texts, caption = walk["texts"], walk["texts"]["captions"][leg]
        chance = lambda share: torch.rand((), generator=g).item() < share
        target = walk["video"]
        if walk["relit"] is not None and chance(0.5):
            target, caption = walk["relit"], f"{caption} {texts['relit']}"
        elif chance(0.5):
            caption = f"{caption} {texts['scene']}"
        if chance(recipe["caption_dropout"]):
            caption = ""
        if stands:
            history, fill = still(leg), part(walk["fresh"], leg)
        else:
            history, fill = torch.cat([still(0), walk["walked"][:, :leg * each]], 1), part(walk["recalled"], leg - 1)
            if history.shape[1] > self.cap:
                history = torch.cat([history[:, :1], history[:, 1 - self.cap:]], 1)
        return {"history": history, "fill": fill, "target": part(target, leg), "caption": caption, "own": walk["own"],
                "picture": walk["picture"][leg if stands else 0]}


class Networks:
    def __init__(self, spec: dict, tokenizer: Tokenizer, parts: dict[str, dict]):
        self.dit, self.text = Dit(spec["dit"], parts["dit"]), TextEncoder(spec["text"], parts["text"])
        self.clip, self.tokenizer, self.rows = Clip(spec["clip"], parts["clip"]), tokenizer, spec["dit"]["text_len"]

    def context(self, examples):
        said = {e["caption"] for e in examples}
        encode = lambda caption: self.text.forward(torch.tensor(self.tokenizer.encode(caption)))[0]
        rows = {c: F.pad(text, (0, 0, 0, self.rows - len(text))) for c in said for text in [encode(c)]}
        text = torch.stack([rows[e["caption"]] for e in examples])
        return self.dit.context(text, self.clip.forward(torch.stack([e["picture"] for e in examples]).float()))

    def loss(self, examples, sigma, noise, known_noise, channels):
        stack = lambda part: torch.stack([e[part] for e in examples]).float()
        history, fill, target = stack("history"), stack("fill"), stack("target")
        level = sigma[:, None, None, None, None]
        x = torch.cat([history, target], 2) * (1 - level) + noise * level
        mask = torch.cat([torch.ones_like(history[:, :4]), torch.zeros_like(fill[:, :4])], 2)
        y = torch.cat([mask, torch.cat([history + known_noise, fill], 2)], 1)
        found = self.dit.forward(x, y, sigma, self.context(examples))
        wanted = noise[:, :, history.shape[2]:] - target
        return ((found - wanted).square() * channels).mean()


def choose(walks: Walks, recipe: dict, g) -> list[dict]:
    """The examples of a step, all with a history of one length."""
    below = lambda n: torch.randint(n, (), generator=g).item()
    chance = lambda share: torch.rand((), generator=g).item() < share
    stands = chance(recipe["picture_share"])
    leg = 1 + below(LEGS - 1)
    own = [walk for walk in walks.all if walk["own"]]
    share = recipe["rollout"]["share"] if recipe["rollout"] and own else 0.0
    of = own if not stands and chance(share) else walks.all
    return [walks.example(of[below(len(of))], below(LEGS) if stands else leg, stands, g, recipe)
            for _ in range(recipe["batch"])]


def disturbed(examples, recipe: dict, g):
    """Noise levels, noise of history and segment, and noise on what is known of the history."""
    count, shape = len(examples), examples[0]["history"].shape
    level = torch.sigmoid(recipe["time"]["width"] * torch.randn(count, generator=g))
    shift = recipe["time"]["shift"]
    level = shift * level / (1 + (shift - 1) * level)
    level[torch.rand(count, generator=g) < recipe["time"]["at_one"]] = 1.0
    noise = torch.randn(count, shape[0], shape[1] + examples[0]["target"].shape[1], *shape[2:], generator=g)
    known = torch.zeros(count, *shape)
    # What the model itself walked needs no noise.
    if shape[1] > 5 and not examples[0]["own"] and torch.rand((), generator=g).item() < recipe["history_noise_share"]:
        most = recipe["history_noise"] * torch.rand(count, generator=g)[:, None, None, None, None]
        known = most * torch.randn(known.shape, generator=g)
    return level, noise, known


def main() -> None:
    args, config = begin(__doc__)
    recipe, spec = config["dit"], config["model"]
    before = json.loads((args.model / "config.json").read_text())
    spec["vae"] = before["vae"]
    parts = {name: weights(args.model / f"{name}.safetensors") for name in ("dit", "text", "clip")}
    known = json.loads((args.model / "words.json").read_text())["words"]
    table = parts["text"]["token_embedding.weight"]
    torch.manual_seed(config["seed"])
    rows = [table[known.index(w) + 2] if w in known else torch.randn(table.shape[1]) for w in config["words"]]
    parts["text"]["token_embedding.weight"] = torch.cat([table[:2], torch.stack(rows)])
    run = Run(args, recipe, {f"{part}.{name}": t for part, all in parts.items() for name, t in all.items()})
    vae = weights(args.model / "vae.safetensors")
    tokenizer = Tokenizer(config["words"], spec["dit"]["text_len"])
    networks = Networks(spec, tokenizer, parts)
    walks, held = (Walks(spec, Decoder(spec["vae"], vae), networks.clip, folder)
                   for folder in (args.walks, args.held_out))
    channels = vae["skip.dec"].norm(dim=0) * torch.tensor(spec["vae"]["latent_std"])
    channels = channels ** recipe["channel_power"]
    channels = (channels / channels.mean())[:, None, None, None]

    def held_out() -> dict:
        """Velocity errors with the averages at two noise levels, channels counted alike, and that of the fill."""
        live = {name: p.detach().clone() for name, p in run.parameters.items()}
        put = lambda values: [p.data.copy_(values[name]) for name, p in run.parameters.items()]
        put(run.averages)
        sums = {}
        with torch.no_grad():
            for number, walk in enumerate(held.all):
                for leg in range(LEGS):
                    g = torch.Generator().manual_seed(1000 * number + leg)
                    example = held.example(walk, leg, leg == 0, g, recipe | {"caption_dropout": 0.0})
                    shape = example["history"].shape
                    noise = torch.randn(1, shape[0], shape[1] + 8, *shape[2:], generator=g)
                    for level in (1.0, 0.6):
                        found = networks.loss([example], torch.tensor([level]), noise, 0.0, 1.0)
                        sums.setdefault(f"at_{level}", []).append(found.item())
                    error = (example["fill"].float() - example["target"].float()).square().mean().item()
                    sums.setdefault("fill", []).append(error)
        put(live)
        return {name: round(sum(values) / len(values), 4) for name, values in sums.items()}

    def export() -> None:
        for part in parts:
            run.export(f"{part}.safetensors", f"{part}.")

    print("before:", held_out(), f"{len(walks.all)} walks", flush=True)
    losses = []
    while not run.is_over():
        g = torch.Generator().manual_seed(config["seed"] * 1_000_003 + run.step)
        examples = choose(walks, recipe, g)
        value = networks.loss(examples, *disturbed(examples, recipe, g), channels)
        value.backward()
        run.update(len(examples))
        losses.append(value.item())
        if run.step % 200 == 0 or run.is_over():
            mean = sum(losses) / len(losses)
            print(f"step {run.step}: loss {mean:.4f}", held_out(), f"{run.items} segments", flush=True)
            losses = []
            run.save()
            export()
            walks.refresh()
    run.provenance("dit", args, config, held_out())
    (args.out / "config.json").write_text(json.dumps(spec, indent=2, ensure_ascii=False) + "\n")
    words = {"first_id": 2, "pad": 0, "end": 1, "words": config["words"]}
    (args.out / "words.json").write_text(json.dumps(words, indent=2, ensure_ascii=False) + "\n")
    for file in ("vae.safetensors", "depth.safetensors"):
        if (args.model / file).exists():
            shutil.copy(args.model / file, args.out)


if __name__ == "__main__":
    main()
