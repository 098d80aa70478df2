"""The text encoder: transformers' UMT5EncoderModel under Wan's tensor names."""

from pathlib import Path

import torch
from transformers import UMT5Config, UMT5EncoderModel

from store import random_weights, read_config, read_tensors, relative_error, write_config, write_tensors

WEIGHTS = "models_t5_umt5-xxl-enc-bf16.pth"
BLOCK_NAMES = {
    "norm1": "layer.0.layer_norm",
    "attn.q": "layer.0.SelfAttention.q", "attn.k": "layer.0.SelfAttention.k",
    "attn.v": "layer.0.SelfAttention.v", "attn.o": "layer.0.SelfAttention.o",
    "pos_embedding.embedding": "layer.0.SelfAttention.relative_attention_bias",
    "norm2": "layer.1.layer_norm",
    "ffn.gate.0": "layer.1.DenseReluDense.wi_0", "ffn.fc1": "layer.1.DenseReluDense.wi_1",
    "ffn.fc2": "layer.1.DenseReluDense.wo",
}


class TextEncoder:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor] | None = None):
        heads = config["num_heads"]
        self.net = UMT5EncoderModel(UMT5Config(
            vocab_size=config["vocab"], d_model=config["dim"], d_kv=config["dim_attn"] // heads,
            d_ff=config["dim_ffn"], num_layers=config["num_layers"], num_heads=heads, dropout_rate=0.0,
            relative_attention_num_buckets=config["num_buckets"], relative_attention_max_distance=128,
            feed_forward_proj="gated-gelu", attn_implementation="eager")).eval()
        self.names = {"token_embedding": "shared", "norm": "encoder.final_layer_norm"}
        for i in range(config["num_layers"]):
            self.names |= {f"blocks.{i}.{wan}": f"encoder.block.{i}.{theirs}" for wan, theirs in BLOCK_NAMES.items()}
        if weights is not None:
            self.load(weights)

    def shapes(self) -> dict[str, torch.Size]:
        state = self.net.state_dict()
        return {f"{wan}.weight": state[f"{theirs}.weight"].shape for wan, theirs in self.names.items()}

    def load(self, weights: dict[str, torch.Tensor]) -> None:
        state = {f"{theirs}.weight": weights[f"{wan}.weight"].float() for wan, theirs in self.names.items()}
        state["encoder.embed_tokens.weight"] = state["shared.weight"]
        self.net.load_state_dict(state, strict=True)

    def encode(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.net(input_ids=ids[None], attention_mask=mask[None]).last_hidden_state[0, : int(mask.sum())]


def make(folder: Path, config: dict, lengths: list[tuple[int, int]], seed: int) -> None:
    """`lengths`: (rows, of which real)."""
    write_config(folder, config)
    encoder = TextEncoder(config)
    weights = random_weights(encoder.shapes(), seed, torch.bfloat16)
    write_tensors(folder / WEIGHTS, weights)
    encoder.load(weights)
    g = torch.Generator().manual_seed(seed + 1)
    cases = {}
    for i, (rows, real) in enumerate(lengths):
        ids = torch.randint(2, config["vocab"], (rows,), generator=g)
        ids[real - 1], ids[real:] = 1, 0
        mask = (torch.arange(rows) < real).long()
        cases |= {f"ids_{i}": ids, f"mask_{i}": mask, f"context_{i}": encoder.encode(ids, mask)}
    write_tensors(folder / "cases.safetensors", cases)


def check(folder: Path) -> dict[str, float]:
    encoder = TextEncoder(read_config(folder), read_tensors(folder / WEIGHTS))
    cases = read_tensors(folder / "cases.safetensors")
    return {f"context_{i}": relative_error(encoder.encode(cases[f"ids_{i}"], cases[f"mask_{i}"]), cases[f"context_{i}"])
            for i in range(len(cases) // 3)}
