"""The DiT of Yume 1.0 in plain PyTorch: Wan 2.1 image-to-video with packed history, under its published tensor names.

Products and attention in the precision of the weights; norms, rotation and the sinusoid of the time in f32, as in
diffusers' WanTransformer3DModel. Keys and values of the cross attention are made once per caption.
"""

import torch
import torch.nn.functional as F

PATCHERS = {1: ("patch_embedding", 2), 2: ("patch_embedding_2x", 4), 4: ("patch_embedding_4x", 8),
            8: ("patch_embedding_8x", 16), 16: ("patch_embedding_16x", 32)}
COMPRESSOR = "patch_embedding_2x_f"
# History frames up to which a tier goes, the oldest merge it adds, and where that begins, from the newest frame.
TIERS = [(6, None, None), (22, 4, 5), (86, 8, 21), (342, 16, 85), (1366, "compressed", 341)]


def history_parts(n: int, window: int) -> list[tuple]:
    """(merge, first frame, end frame) of every part of `n` frames of history, oldest first."""
    tier = next(i for i, (limit, _, _) in enumerate(TIERS) if n + window - 9 <= limit)
    if tier == 0:
        return [(1, 0, 1), (2, 1, n - 1) if n > 2 else (2, n - 1, n), (1, n - 1, n)]
    coarse = [(merge, n - distance) for _, merge, distance in TIERS[1 : tier + 1]]
    ends = [(2, n - 3), (1, n)]
    parts, start = [(1 if tier < 3 else 2, 0, 1)], 1
    for merge, end in coarse[::-1] + ends:
        parts.append((merge, start, end))
        start = end
    return parts


def shapes(c: dict) -> dict[str, tuple[int, ...]]:
    dim, ffn, image = c["dim"], c["ffn_dim"], c["img_dim"]
    linear = lambda name, i, o: {f"{name}.weight": (o, i), f"{name}.bias": (o,)}
    norm = lambda name, size: {f"{name}.weight": (size,), f"{name}.bias": (size,)}
    all = linear("text_embedding.0", c["text_dim"], dim) | linear("text_embedding.2", dim, dim)
    all |= linear("time_embedding.0", c["freq_dim"], dim) | linear("time_embedding.2", dim, dim)
    all |= linear("time_projection.1", dim, 6 * dim) | linear("head.head", dim, 4 * c["out_dim"])
    all |= norm("img_emb.proj.0", image) | linear("img_emb.proj.1", image, image)
    all |= linear("img_emb.proj.3", image, dim) | norm("img_emb.proj.4", dim)
    all["head.modulation"] = (1, 2, dim)
    for merge in {1, *c["history_tiers"]}:
        name, size = PATCHERS[merge]
        all |= {f"{name}.weight": (dim, c["in_dim"], 1, size, size), f"{name}.bias": (dim,)}
    if 16 in c["history_tiers"]:
        all |= {f"{COMPRESSOR}.weight": (c["in_dim"], c["in_dim"], 1, 4, 4), f"{COMPRESSOR}.bias": (c["in_dim"],)}
    for i in range(c["num_layers"]):
        block = f"blocks.{i}"
        for where, parts in (("self_attn", "q k v o"), ("cross_attn", "q k v o k_img v_img")):
            for part in parts.split():
                all |= linear(f"{block}.{where}.{part}", dim, dim)
        for name in ("self_attn.norm_q", "self_attn.norm_k", "cross_attn.norm_q", "cross_attn.norm_k",
                     "cross_attn.norm_k_img"):
            all[f"{block}.{name}.weight"] = (dim,)
        all |= norm(f"{block}.norm3", dim) | linear(f"{block}.ffn.0", dim, ffn) | linear(f"{block}.ffn.2", ffn, dim)
        all[f"{block}.modulation"] = (1, 6, dim)
    return all


class WanDit:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.c, self.w = config, dict(weights)
        self.heads, self.eps, self.dim = config["num_heads"], config["eps"], config["dim"]
        self.dtype = self.w["patch_embedding.weight"].dtype
        for name in [*(name for name, _ in PATCHERS.values()), COMPRESSOR]:
            if f"{name}.weight" in self.w:
                self.w[f"{name}.weight"] = self.w[f"{name}.weight"].flatten(1).contiguous()

    def linear(self, x, name):
        return F.linear(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def layer_norm(self, x, name, eps):
        weight, bias = self.w[f"{name}.weight"].float(), self.w[f"{name}.bias"].float()
        return F.layer_norm(x.float(), x.shape[-1:], weight, bias, eps).to(x.dtype)

    def rms(self, x, name):
        return F.rms_norm(x.float(), (self.dim,), self.w[f"{name}.weight"].float(), self.eps).to(x.dtype)

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def context(self, text, image):
        """Keys and values of every block, for text [B, rows, text_dim] and image [B, img_tokens, img_dim]."""
        text = F.pad(text.to(self.dtype), (0, 0, 0, self.c["text_len"] - text.shape[1]))
        text = self.linear(F.gelu(self.linear(text, "text_embedding.0"), approximate="tanh"), "text_embedding.2")
        image = self.layer_norm(image.to(self.dtype), "img_emb.proj.0", 1e-5)
        image = self.linear(F.gelu(self.linear(image, "img_emb.proj.1")), "img_emb.proj.3")
        image = self.layer_norm(image, "img_emb.proj.4", 1e-5)
        keys = []
        for i in range(self.c["num_layers"]):
            part = f"blocks.{i}.cross_attn."
            pair = lambda x, k, v, norm: (self.split(self.rms(self.linear(x, part + k), part + norm)),
                                          self.split(self.linear(x, part + v)))
            keys.append(pair(text, "k", "v", "norm_k") + pair(image, "k_img", "v_img", "norm_k_img"))
        return keys

    def plan(self, known: int, window: int, height: int, width: int):
        """Parts of the frames and the rotation of all tokens; made once per segment. Without `known` all are one part."""
        parts = history_parts(known, window) if known else []
        parts = parts + [(1, known, known + window)]
        grids, places, frame = [], [], 0
        for merge, start, end in parts:
            h, w = height, width
            if merge == "compressed":
                h, w, merge = -(-h // 4), -(-w // 4), 16
            size = PATCHERS[merge][1]
            rows, columns = -(-h // size), -(-w // size)
            grids.append((rows, columns))
            at = torch.meshgrid(torch.arange(frame, frame + end - start), torch.arange(rows), torch.arange(columns),
                                indexing="ij")
            places.append(torch.stack([axis.flatten() for axis in at], dim=1).double())
            frame += end - start
        places = torch.cat(places)
        pairs = self.dim // self.heads // 2
        third = self.dim // self.heads // 6
        angles = [places[:, axis, None] * 10000.0 ** (-torch.arange(n, dtype=torch.float64) / n)
                  for axis, n in enumerate((pairs - 2 * third, third, third))]
        angle = torch.cat(angles, dim=1).to(self.w["head.modulation"].device)
        window_tokens = window * grids[-1][0] * grids[-1][1]
        return parts, len(places) - window_tokens, (angle.cos().float(), angle.sin().float())

    def patch(self, x, name, size):
        x = F.pad(x, (0, -x.shape[-1] % size, 0, -x.shape[-2] % size))
        b, c, f, h, w = x.shape
        x = x.view(b, c, f, h // size, size, w // size, size).permute(0, 2, 3, 5, 1, 4, 6)
        return self.linear(x.flatten(4), name)  # [b, f, rows, columns, out]

    def tokens(self, u, parts):
        all = []
        for merge, start, end in parts:
            part = u[:, :, start:end]
            if merge == "compressed":
                part, merge = self.patch(part, COMPRESSOR, 4).permute(0, 4, 1, 2, 3), 16
            all.append(self.patch(part, *PATCHERS[merge]).flatten(1, 3))
        return torch.cat(all, dim=1)

    def time(self, t):
        half = self.c["freq_dim"] // 2
        angle = t.double()[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float64, device=t.device) / half)
        x = torch.cat([angle.cos(), angle.sin()], dim=1).to(self.dtype)
        x = self.linear(F.silu(self.linear(x, "time_embedding.0")), "time_embedding.2")
        return x.float()[:, None], self.linear(F.silu(x), "time_projection.1").float().unflatten(1, (6, -1))

    def forward(self, x, y, t, keys, plan):
        """x [B, 16, F, h, w], y [B, 20, F, h, w], t [B] -> velocity [B, 16, window, h, w]."""
        parts, history, rotation = plan
        stream = self.tokens(torch.cat([x, y], dim=1).to(self.dtype), parts)
        time, time_blocks = self.time(t)
        for i, block_keys in enumerate(keys):
            stream = self.block(f"blocks.{i}.", stream, time_blocks, block_keys, rotation)
        shift, scale = (self.w["head.modulation"].float() + time).chunk(2, dim=1)
        out = self.linear(self.modulate(stream[:, history:], shift, scale), "head.head").float()
        h, w, window = x.shape[-2] // 2, x.shape[-1] // 2, parts[-1][2] - parts[-1][1]
        out = out.view(len(x), window, h, w, 2, 2, -1).permute(0, 6, 1, 2, 4, 3, 5)
        return out.reshape(len(x), -1, window, 2 * h, 2 * w)

    def modulate(self, x, shift, scale):
        return (F.layer_norm(x.float(), (self.dim,), eps=self.eps) * (1 + scale) + shift).to(x.dtype)

    def block(self, name, x, time, keys, rotation):
        modulation = (self.w[f"{name}modulation"].float() + time).chunk(6, dim=1)
        shift_attn, scale_attn, gate_attn, shift_ffn, scale_ffn, gate_ffn = modulation
        a = self.modulate(x, shift_attn, scale_attn)
        q = self.rms(self.linear(a, f"{name}self_attn.q"), f"{name}self_attn.norm_q")
        k = self.rms(self.linear(a, f"{name}self_attn.k"), f"{name}self_attn.norm_k")
        v = self.split(self.linear(a, f"{name}self_attn.v"))
        out = F.scaled_dot_product_attention(self.rotate(q, rotation), self.rotate(k, rotation), v)
        x = (x.float() + self.linear(self.join(out), f"{name}self_attn.o") * gate_attn).to(x.dtype)
        b = self.layer_norm(x, f"{name}norm3", self.eps)
        q = self.split(self.rms(self.linear(b, f"{name}cross_attn.q"), f"{name}cross_attn.norm_q"))
        text_k, text_v, image_k, image_v = keys
        out = F.scaled_dot_product_attention(q, text_k, text_v) + F.scaled_dot_product_attention(q, image_k, image_v)
        x = x + self.linear(self.join(out), f"{name}cross_attn.o")
        c = self.modulate(x, shift_ffn, scale_ffn)
        hidden = F.gelu(self.linear(c, f"{name}ffn.0"), approximate="tanh")
        return (x.float() + self.linear(hidden, f"{name}ffn.2").float() * gate_ffn).to(x.dtype)

    def join(self, x):
        return x.transpose(1, 2).flatten(2)

    def rotate(self, x, rotation):
        cos, sin = (part[:, None] for part in rotation)
        re, im = x.float().unflatten(-1, (self.heads, -1, 2)).unbind(-1)  # [B, tokens, heads, pairs]
        out = torch.stack([re * cos - im * sin, re * sin + im * cos], dim=-1)
        return out.flatten(-2).to(x.dtype).transpose(1, 2)
