"""The embedded DiT in plain PyTorch, arranged for speed on a CPU: fused projections, one linear per patch size."""

import math

import torch
import torch.nn.functional as F

KERNELS = {"patch_embedding": 2, "patch_embedding_2x": 4, "patch_embedding_4x": 8}


def history_parts(n: int, window: int) -> list[tuple[str, int, int]]:
    """(patcher, first frame, end frame), oldest first; the embedded model knows two tiers."""
    if n + window - 9 <= 6:
        middle = ("patch_embedding_2x", 1, n - 1) if n > 2 else ("patch_embedding_2x", n - 1, n)
        return [("patch_embedding", 0, 1), middle, ("patch_embedding", n - 1, n)]
    return [("patch_embedding", 0, 1), ("patch_embedding_4x", 1, n - 5), ("patch_embedding_2x", n - 5, n - 3),
            ("patch_embedding", n - 3, n)]


def rotary_angles(grids: tuple[tuple[int, int], ...], size: int) -> torch.Tensor:
    """Angles [tokens, 1, size / 2] of frames whose patches form these grids, in f64."""
    frame = torch.cat([torch.full((h * w,), f) for f, (h, w) in enumerate(grids)])
    row = torch.cat([torch.arange(h).repeat_interleave(w) for h, w in grids])
    column = torch.cat([torch.arange(w).repeat(h) for h, w in grids])
    space = 2 * (size // 6)
    angles = [p.double()[:, None] * 10000.0 ** (-torch.arange(0, s, 2, dtype=torch.float64) / s)
              for p, s in ((frame, size - 2 * space), (row, space), (column, space))]
    return torch.cat(angles, dim=1)[:, None]


def gelu_tanh(x: torch.Tensor) -> torch.Tensor:
    """F.gelu(x, approximate="tanh") by way of a sigmoid, which is faster on a CPU."""
    slope = 2 * math.sqrt(2 / math.pi)
    return torch.addcmul(torch.full((), slope), x, x, value=0.044715 * slope).mul_(x).sigmoid_().mul_(x)


class TinyDit:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.config, self.w = config, {name: t.float() for name, t in weights.items()}
        self.dim, self.heads, self.eps = config["dim"], config["num_heads"], config["eps"]
        self.window, self.rotary_cache = config["latent_frame_zero"], {}
        for name in KERNELS:
            self.w[f"{name}.weight"] = self.w[f"{name}.weight"].flatten(1).contiguous()
        for i in range(config["num_layers"]):
            for leaf in ("weight", "bias"):
                fuse = lambda where, parts: torch.cat([self.w[f"blocks.{i}.{where}.{p}.{leaf}"] for p in parts])
                self.w[f"blocks.{i}.qkv.{leaf}"] = fuse("self_attn", ("q", "k", "v"))
                self.w[f"blocks.{i}.kv_text.{leaf}"] = fuse("cross_attn", ("k", "v"))
                self.w[f"blocks.{i}.kv_image.{leaf}"] = fuse("cross_attn", ("k_img", "v_img"))
        frequency = 10000.0 ** (-torch.arange(config["freq_dim"] // 2, dtype=torch.float64) * 2 / config["freq_dim"])
        self.time_frequency = frequency

    def linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.linear(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def split_heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(1, x.shape[0], self.heads, -1).transpose(1, 2)

    def rms(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.rms_norm(x, (self.dim,), self.w[f"{name}.weight"], self.eps)

    def conditions(self, context: torch.Tensor, clip_fea: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
        """Keys and values of the cross attention of every block; they do not change within a segment."""
        w = self.w
        text = F.pad(context, (0, 0, 0, self.config["text_len"] - context.shape[0]))
        text = self.linear(F.gelu(self.linear(text, "text_embedding.0"), approximate="tanh"), "text_embedding.2")
        image = F.layer_norm(clip_fea, clip_fea.shape[-1:], w["img_emb.proj.0.weight"], w["img_emb.proj.0.bias"])
        image = self.linear(F.gelu(self.linear(image, "img_emb.proj.1")), "img_emb.proj.3")
        image = F.layer_norm(image, (self.dim,), w["img_emb.proj.4.weight"], w["img_emb.proj.4.bias"])
        blocks = []
        for i in range(self.config["num_layers"]):
            kt, vt = self.linear(text, f"blocks.{i}.kv_text").chunk(2, dim=-1)
            ki, vi = self.linear(image, f"blocks.{i}.kv_image").chunk(2, dim=-1)
            kt = self.rms(kt, f"blocks.{i}.cross_attn.norm_k")
            ki = self.rms(ki, f"blocks.{i}.cross_attn.norm_k_img")
            blocks.append(tuple(self.split_heads(t) for t in (kt, vt, ki, vi)))
        return blocks

    def forward(self, x, y, t: float, conditions) -> torch.Tensor:
        """x [16,F,h,w], y [20,F,h,w] -> velocity [16,window,h,w]."""
        stream, rotary = self.pack(torch.cat([x, y]))
        history = stream.shape[0] - self.window * (x.shape[2] // 2) * (x.shape[3] // 2)
        angle = t * self.time_frequency
        e = torch.cat([angle.cos(), angle.sin()]).float()[None]
        e = self.linear(F.silu(self.linear(e, "time_embedding.0")), "time_embedding.2")
        e0 = self.linear(F.silu(e), "time_projection.1").view(1, 6, self.dim)
        for i, condition in enumerate(conditions):
            stream = self.block(f"blocks.{i}", stream, e0, condition, rotary)
        shift, scale = (self.w["head.modulation"][0] + e).unbind(0)
        out = self.linear(F.layer_norm(stream[history:], (self.dim,), 1 + scale, shift, self.eps), "head.head")
        h, w, channels = x.shape[2] // 2, x.shape[3] // 2, self.config["out_dim"]
        out = out.view(self.window, h, w, 2, 2, channels).permute(5, 0, 1, 3, 2, 4)
        return out.reshape(channels, self.window, 2 * h, 2 * w)

    def block(self, name, x, e0, condition, rotary) -> torch.Tensor:
        s1, c1, g1, s2, c2, g2 = (self.w[f"{name}.modulation"] + e0)[0].unbind(0)
        a = F.layer_norm(x, (self.dim,), 1 + c1, s1, self.eps)
        q, k, v = self.linear(a, f"{name}.qkv").split(self.dim, dim=-1)
        q = self.rotate(self.rms(q, f"{name}.self_attn.norm_q"), rotary)
        k = self.rotate(self.rms(k, f"{name}.self_attn.norm_k"), rotary)
        out = F.scaled_dot_product_attention(q, k, self.split_heads(v))
        x = torch.addcmul(x, g1, self.linear(self.merge_heads(out), f"{name}.self_attn.o"))
        b = F.layer_norm(x, (self.dim,), self.w[f"{name}.norm3.weight"], self.w[f"{name}.norm3.bias"], self.eps)
        q = self.split_heads(self.rms(self.linear(b, f"{name}.cross_attn.q"), f"{name}.cross_attn.norm_q"))
        kt, vt, ki, vi = condition
        out = F.scaled_dot_product_attention(q, kt, vt) + F.scaled_dot_product_attention(q, ki, vi)
        x = x + self.linear(self.merge_heads(out), f"{name}.cross_attn.o")
        c = F.layer_norm(x, (self.dim,), 1 + c2, s2, self.eps)
        hidden = gelu_tanh(self.linear(c, f"{name}.ffn.0"))
        return torch.addcmul(x, g2, self.linear(hidden, f"{name}.ffn.2"))

    def merge_heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2).reshape(-1, self.dim)

    def rotate(self, x: torch.Tensor, rotary: torch.Tensor) -> torch.Tensor:
        pairs = torch.view_as_complex(x.view(x.shape[0], self.heads, -1, 2))
        return self.split_heads(torch.view_as_real(pairs * rotary).flatten(1))

    def pack(self, u: torch.Tensor):
        n = u.shape[1] - self.window
        tokens, grids = [], []
        for name, start, stop in history_parts(n, self.window) + [("patch_embedding", n, n + self.window)]:
            size = KERNELS[name]
            part = F.pad(u[:, start:stop], (0, -u.shape[3] % size, 0, -u.shape[2] % size))
            channels, frames, h, w = part.shape
            patches = part.view(channels, frames, h // size, size, w // size, size).permute(1, 2, 4, 0, 3, 5)
            tokens.append(self.linear(patches.reshape(-1, channels * size * size), name))
            grids += [(h // size, w // size)] * frames
        return torch.cat(tokens), self.rotary(tuple(grids))

    def rotary(self, grids: tuple[tuple[int, int], ...]) -> torch.Tensor:
        if grids not in self.rotary_cache:
            angle = rotary_angles(grids, self.dim // self.heads)
            self.rotary_cache[grids] = torch.polar(torch.ones_like(angle), angle).to(torch.complex64)
        return self.rotary_cache[grids]
