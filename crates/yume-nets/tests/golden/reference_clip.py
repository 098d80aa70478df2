"""The image encoder: transformers' CLIPVisionModel under open-clip's tensor names."""

from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import CLIPVisionConfig, CLIPVisionModel

from store import random_weights, read_config, read_tensors, relative_error, write_config, write_tensors

WEIGHTS = "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth"
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
LAYER_NAMES = {"norm1": "layer_norm1", "norm2": "layer_norm2", "attn.proj": "self_attn.out_proj",
               "mlp.0": "mlp.fc1", "mlp.2": "mlp.fc2"}


class ImageEncoder:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor] | None = None):
        self.config = config
        self.net = CLIPVisionModel(CLIPVisionConfig(
            hidden_size=config["dim"], intermediate_size=config["dim"] * config["mlp_ratio"],
            num_hidden_layers=config["num_layers"], num_attention_heads=config["num_heads"],
            image_size=config["image_size"], patch_size=config["patch_size"], hidden_act=config["activation"],
            layer_norm_eps=1e-5, attn_implementation="eager")).eval()
        if weights is not None:
            self.load(weights)

    def shapes(self) -> dict[str, torch.Size]:
        c = self.config
        dim, hidden, patch = c["dim"], c["dim"] * c["mlp_ratio"], c["patch_size"]
        shapes = {"cls_embedding": (1, 1, dim), "pos_embedding": (1, 1 + (c["image_size"] // patch) ** 2, dim),
                  "head": (dim, c["out_dim"]), "patch_embedding.weight": (dim, 3, patch, patch)}
        shapes |= {f"{norm}.{leaf}": (dim,) for norm in ("pre_norm", "post_norm") for leaf in ("weight", "bias")}
        for i in range(c["num_layers"]):
            linears = {"norm1": (dim,), "attn.to_qkv": (3 * dim, dim), "attn.proj": (dim, dim), "norm2": (dim,),
                       "mlp.0": (hidden, dim), "mlp.2": (dim, hidden)}
            for name, shape in linears.items():
                shapes[f"transformer.{i}.{name}.weight"] = shape
                shapes[f"transformer.{i}.{name}.bias"] = shape[:1]
        return {f"visual.{name}": torch.Size(shape) for name, shape in shapes.items()}

    def load(self, weights: dict[str, torch.Tensor]) -> None:
        w = {name.removeprefix("visual."): t.float() for name, t in weights.items() if name.startswith("visual.")}
        state = {"embeddings.class_embedding": w["cls_embedding"].flatten(),
                 "embeddings.position_embedding.weight": w["pos_embedding"][0],
                 "embeddings.patch_embedding.weight": w["patch_embedding.weight"]}
        for leaf in ("weight", "bias"):
            state[f"pre_layrnorm.{leaf}"] = w[f"pre_norm.{leaf}"]
            state[f"post_layernorm.{leaf}"] = w[f"post_norm.{leaf}"]
            for i in range(self.config["num_layers"]):
                for wan, theirs in LAYER_NAMES.items():
                    state[f"encoder.layers.{i}.{theirs}.{leaf}"] = w[f"transformer.{i}.{wan}.{leaf}"]
                qkv = w[f"transformer.{i}.attn.to_qkv.{leaf}"].chunk(3)
                for part, t in zip("qkv", qkv):
                    state[f"encoder.layers.{i}.self_attn.{part}_proj.{leaf}"] = t
        self.net.load_state_dict(state, strict=True)

    def pixels(self, image: torch.Tensor) -> torch.Tensor:
        """[3, H, W] in [-1, 1], stretched without antialias and normalised."""
        size = (self.config["image_size"],) * 2
        resized = F.interpolate(image[None], size=size, mode="bicubic", align_corners=False)[0]
        return (resized * 0.5 + 0.5 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)

    def features(self, pixels: torch.Tensor) -> torch.Tensor:
        """All blocks but the last, no post norm."""
        return self.net(pixel_values=pixels[None], output_hidden_states=True).hidden_states[-2][0]


def make(folder: Path, config: dict, sizes: list[tuple[int, int]], seed: int) -> None:
    write_config(folder, config)
    encoder = ImageEncoder(config)
    weights = random_weights(encoder.shapes(), seed, torch.float16)
    # The published file holds the text half too; a reader must skip it.
    weights |= {"log_scale": torch.tensor(2.6592), "textual.token_embedding.weight": torch.zeros(10, 8).half()}
    write_tensors(folder / WEIGHTS, weights)
    encoder.load(weights)
    g = torch.Generator().manual_seed(seed + 1)
    cases = {}
    for i, (height, width) in enumerate(sizes):
        image = torch.rand(3, height, width, generator=g) * 2 - 1
        pixels = encoder.pixels(image)
        cases |= {f"image_{i}": image, f"pixels_{i}": pixels, f"features_{i}": encoder.features(pixels)}
    write_tensors(folder / "cases.safetensors", cases)


def check(folder: Path) -> dict[str, float]:
    encoder = ImageEncoder(read_config(folder), read_tensors(folder / WEIGHTS))
    cases = read_tensors(folder / "cases.safetensors")
    errors = {}
    for i in range(len(cases) // 3):
        pixels = encoder.pixels(cases[f"image_{i}"])
        errors[f"pixels_{i}"] = relative_error(pixels, cases[f"pixels_{i}"])
        errors[f"features_{i}"] = relative_error(encoder.features(pixels), cases[f"features_{i}"])
    return errors
