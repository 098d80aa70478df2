"""The folder of the published model with random seeded weights at small sizes: same file names, tensor names and types."""

import json
import math
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "yume-nets/tests/golden"))

import captions
import reference_clip
import reference_text
import reference_vae
from reference_clip import ImageEncoder
from reference_dit import Dit
from reference_text import TextEncoder
from reference_vae import Vae
from store import random_weights, read_tensors, write_tensors

NAME = "Yume-Miniature"
WIDTH, HEIGHT = 48, 32
DIT = {"dim": 12, "heads": 2, "layers": 2, "ffn": 28, "text_dim": 16, "text_len": captions.LONGEST, "in_dim": 36,
       "out_dim": 16, "freq_dim": 256, "patch_size": [1, 2, 2], "eps": 1e-6, "img_dim": 20, "img_tokens": 17}
TEXT = {"vocab": 192, "dim": 16, "dim_attn": 24, "dim_ffn": 40, "num_heads": 3, "num_layers": 2, "num_buckets": 32}
CLIP = {"image_size": 28, "patch_size": 7, "dim": 20, "mlp_ratio": 4, "out_dim": 8, "num_heads": 2, "num_layers": 3,
        "activation": "gelu"}
VAE = {"dim": 3, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2,
       "temporal_downsample": [False, True, True]}

# What the tensors do not tell.
FACTS = {"name": NAME, "frame": {"width": WIDTH, "height": HEIGHT}, "dit": {"num_heads": DIT["heads"]},
         "clip": {"num_heads": CLIP["num_heads"]}}

DIT_FILE = "Yume-Dit/diffusion_pytorch_model"
SHARDS = 3
TOKENIZER = "google/umt5-xxl/tokenizer.json"


def training_only(shapes: dict[str, torch.Size]) -> dict[str, torch.Size]:
    """What a checkpoint of masked training has besides: a block more, and the token of what is masked."""
    block = {name.replace("blocks.0.", "sideblock."): shape for name, shape in shapes.items() if name.startswith("blocks.0.")}
    return block | {"mask_token": torch.Size([1, 1, DIT["dim"]])}


def text_tower() -> dict[str, torch.Size]:
    """The half of CLIP that reads: an XLM-RoBERTa with a head, one layer of it."""
    dim, hidden, ids = 8, 16, 12
    shapes = {"token_embedding.weight": (ids, dim), "type_embedding.weight": (1, dim), "pos_embedding.weight": (ids, dim),
              "norm.weight": (dim,), "norm.bias": (dim,), "head.0.weight": (hidden, dim), "head.2.weight": (dim, hidden)}
    linears = {"attn.q": (dim, dim), "attn.k": (dim, dim), "attn.v": (dim, dim), "attn.o": (dim, dim), "norm1": (dim,),
               "ffn.0": (hidden, dim), "ffn.2": (dim, hidden), "norm2": (dim,)}
    for name, shape in linears.items():
        shapes |= {f"blocks.0.{name}.weight": shape, f"blocks.0.{name}.bias": shape[:1]}
    return {f"textual.{name}": torch.Size(shape) for name, shape in shapes.items()}


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "yume.json").write_text(json.dumps(FACTS, indent=1) + "\n")
    captions.make_tokenizer(folder / TOKENIZER)

    shapes = Dit(DIT).shapes()
    write_shards(folder, random_weights(shapes | training_only(shapes), 21, torch.bfloat16))

    write_tensors(folder / reference_text.WEIGHTS, random_weights(TextEncoder(TEXT).shapes(), 22, torch.bfloat16))

    shapes = ImageEncoder(CLIP).shapes() | text_tower()
    log_scale = {"log_scale": torch.tensor(math.log(1 / 0.07))}
    write_tensors(folder / reference_clip.WEIGHTS, random_weights(shapes, 23, torch.float32) | log_scale)

    weights = random_weights(Vae(VAE).shapes(), 24, torch.float32)
    # Frames that are not clipped to black and white tell more.
    weights["decoder.head.2.weight"] *= 0.6
    write_tensors(folder / reference_vae.WEIGHTS, weights)


def write_shards(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    """Cut by count and not by block, as the published files are."""
    names, places = list(weights), {}
    per_shard = math.ceil(len(names) / SHARDS)
    (folder / DIT_FILE).parent.mkdir(exist_ok=True)
    for shard in range(SHARDS):
        held = names[shard * per_shard : (shard + 1) * per_shard]
        path = folder / f"{DIT_FILE}-{shard + 1:05}-of-{SHARDS:05}.safetensors"
        write_tensors(path, {name: weights[name] for name in held})
        places |= dict.fromkeys(held, path.name)
    total = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / f"{DIT_FILE}.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


class Model:
    """The networks of a folder, as torch, diffusers and transformers build them."""

    def __init__(self, folder: Path):
        index = json.loads((folder / f"{DIT_FILE}.safetensors.index.json").read_text())
        dit = {}
        for shard in sorted(set(index["weight_map"].values())):
            dit |= read_tensors((folder / DIT_FILE).parent / shard)
        self.dit = Dit(DIT, dit)
        self.text = TextEncoder(TEXT, read_tensors(folder / reference_text.WEIGHTS))
        self.clip = ImageEncoder(CLIP, read_tensors(folder / reference_clip.WEIGHTS))
        self.vae = Vae(VAE, read_tensors(folder / reference_vae.WEIGHTS))
        self.tokenizer = folder / TOKENIZER
