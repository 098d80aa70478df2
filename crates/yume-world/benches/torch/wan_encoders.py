"""The text encoder (umT5) and the image encoder (CLIP vision) of Wan 2.1 in plain PyTorch."""

import math

import torch
import torch.nn.functional as F


def text_shapes(c: dict) -> dict[str, tuple[int, ...]]:
    dim, attn, ffn = c["dim"], c["dim_attn"], c["ffn"]
    all = {"token_embedding.weight": (c["vocab"], dim), "norm.weight": (dim,)}
    for i in range(c["layers"]):
        name = f"blocks.{i}."
        all |= {f"{name}norm1.weight": (dim,), f"{name}norm2.weight": (dim,), f"{name}attn.o.weight": (dim, attn)}
        all |= {f"{name}attn.{part}.weight": (attn, dim) for part in "qkv"}
        all[f"{name}pos_embedding.embedding.weight"] = (c["buckets"], c["heads"])
        all |= {f"{name}ffn.gate.0.weight": (ffn, dim), f"{name}ffn.fc1.weight": (ffn, dim),
                f"{name}ffn.fc2.weight": (dim, ffn)}
    return all


class TextEncoder:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.c, self.w = config, weights

    def norm(self, x, name):
        return F.rms_norm(x.float(), x.shape[-1:], self.w[f"{name}.weight"].float(), self.c["eps"]).to(x.dtype)

    def buckets(self, tokens, device):
        half = self.c["buckets"] // 2
        exact = half // 2
        distance = torch.arange(tokens)[None] - torch.arange(tokens)[:, None]
        far = torch.log(distance.abs().clamp_min(1).float() / exact) / math.log(self.c["max_distance"] / exact)
        far = (exact + (far * (half - exact)).long()).clamp_max(half - 1)
        return ((distance > 0) * half + torch.where(distance.abs() < exact, distance.abs(), far)).to(device)

    def forward(self, ids):
        """[tokens] -> [1, tokens, dim]."""
        x = F.embedding(ids, self.w["token_embedding.weight"])[None]
        buckets = self.buckets(len(ids), ids.device)
        heads = lambda x: x.unflatten(-1, (self.c["heads"], -1)).transpose(1, 2)
        for i in range(self.c["layers"]):
            name = f"blocks.{i}."
            linear = lambda x, part: F.linear(x, self.w[f"{name}{part}.weight"])
            a = self.norm(x, f"{name}norm1")
            q, k, v = (heads(linear(a, f"attn.{part}")) for part in "qkv")
            bias = self.w[f"{name}pos_embedding.embedding.weight"][buckets].permute(2, 0, 1)[None].to(q.dtype)
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1.0)
            x = x + linear(out.transpose(1, 2).flatten(2), "attn.o")
            b = self.norm(x, f"{name}norm2")
            gate = F.gelu(linear(b, "ffn.gate.0"), approximate="tanh")
            x = x + linear(linear(b, "ffn.fc1") * gate, "ffn.fc2")
        return self.norm(x, "norm")


def clip_shapes(c: dict) -> dict[str, tuple[int, ...]]:
    dim, hidden, patch = c["dim"], c["dim"] * c["mlp_ratio"], c["patch_size"]
    all = {"cls_embedding": (1, 1, dim), "pos_embedding": (1, 1 + (c["image_size"] // patch) ** 2, dim),
           "patch_embedding.weight": (dim, 3, patch, patch), "pre_norm.weight": (dim,), "pre_norm.bias": (dim,)}
    for i in range(c["num_layers"] - 1):
        sizes = {"norm1": (dim,), "attn.to_qkv": (3 * dim, dim), "attn.proj": (dim, dim), "norm2": (dim,),
                 "mlp.0": (hidden, dim), "mlp.2": (dim, hidden)}
        for name, shape in sizes.items():
            all |= {f"transformer.{i}.{name}.weight": shape, f"transformer.{i}.{name}.bias": shape[:1]}
    return {f"visual.{name}": shape for name, shape in all.items()}


class ClipVision:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.c, self.w = config, {name.removeprefix("visual."): weight for name, weight in weights.items()}

    def linear(self, x, name):
        return F.linear(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def norm(self, x, name):
        weight, bias = self.w[f"{name}.weight"].float(), self.w[f"{name}.bias"].float()
        return F.layer_norm(x.float(), x.shape[-1:], weight, bias, 1e-5).to(x.dtype)

    def forward(self, pixels):
        """Normalised pixels [batch, 3, edge, edge] -> [batch, tokens, dim]: all blocks but the last."""
        weight = self.w["patch_embedding.weight"]
        x = F.conv2d(pixels.to(weight.dtype), weight, stride=self.c["patch_size"]).flatten(2).transpose(1, 2)
        x = torch.cat([self.w["cls_embedding"].to(x.dtype).expand(len(x), -1, -1), x], dim=1) + self.w["pos_embedding"].to(x.dtype)
        x = self.norm(x, "pre_norm")
        heads = lambda x: x.unflatten(-1, (self.c["num_heads"], -1)).transpose(1, 2)
        for i in range(self.c["num_layers"] - 1):
            name = f"transformer.{i}."
            q, k, v = (heads(x) for x in self.linear(self.norm(x, f"{name}norm1"), f"{name}attn.to_qkv").chunk(3, -1))
            out = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            x = x + self.linear(out, f"{name}attn.proj")
            x = x + self.linear(F.gelu(self.linear(self.norm(x, f"{name}norm2"), f"{name}mlp.0")), f"{name}mlp.2")
        return x
