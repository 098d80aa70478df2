"""The DiT: diffusers' WanTransformer3DModel under Wan's tensor names, with packed history driven by hand."""

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import WanTransformer3DModel
from torch import nn

from store import random_weights, read_config, read_tensors, relative_error, write_config, write_tensors

WEIGHTS = "diffusion_pytorch_model.safetensors"
# Patcher name, spatial kernel.
PATCHERS = {1: ("patch_embedding", 2), 2: ("patch_embedding_2x", 4), 4: ("patch_embedding_4x", 8),
            8: ("patch_embedding_8x", 16), 16: ("patch_embedding_16x", 32)}
PRE_PATCHER = "patch_embedding_2x_f"

TOP_NAMES = {
    "patch_embedding": "patch_embedding",
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "img_emb.proj.0": "condition_embedder.image_embedder.norm1",
    "img_emb.proj.1": "condition_embedder.image_embedder.ff.net.0.proj",
    "img_emb.proj.3": "condition_embedder.image_embedder.ff.net.2",
    "img_emb.proj.4": "condition_embedder.image_embedder.norm2",
    "head.head": "proj_out",
}
BLOCK_NAMES = {
    "self_attn.q": "attn1.to_q", "self_attn.k": "attn1.to_k", "self_attn.v": "attn1.to_v",
    "self_attn.o": "attn1.to_out.0", "self_attn.norm_q": "attn1.norm_q", "self_attn.norm_k": "attn1.norm_k",
    "cross_attn.q": "attn2.to_q", "cross_attn.k": "attn2.to_k", "cross_attn.v": "attn2.to_v",
    "cross_attn.o": "attn2.to_out.0", "cross_attn.norm_q": "attn2.norm_q", "cross_attn.norm_k": "attn2.norm_k",
    "cross_attn.k_img": "attn2.add_k_proj", "cross_attn.v_img": "attn2.add_v_proj",
    "cross_attn.norm_k_img": "attn2.norm_added_k",
    "norm3": "norm2", "ffn.0": "ffn.net.0.proj", "ffn.2": "ffn.net.2",
}


def diffusers_to_wan(layers: int, keys) -> dict[str, str]:
    modules = {theirs: wan for wan, theirs in TOP_NAMES.items()}
    names = {"scale_shift_table": "head.modulation"}
    for i in range(layers):
        modules |= {f"blocks.{i}.{theirs}": f"blocks.{i}.{wan}" for wan, theirs in BLOCK_NAMES.items()}
        names[f"blocks.{i}.scale_shift_table"] = f"blocks.{i}.modulation"
    for key in keys:
        module, _, leaf = key.rpartition(".")
        if module in modules:
            names[key] = f"{modules[module]}.{leaf}"
    return names


class SplitAttention:
    """Cross attention with the image tokens first; diffusers finds them by assuming 512 text tokens."""

    def __init__(self, image_tokens: int):
        self.image_tokens = image_tokens

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, rotary_emb=None):
        image, text = encoder_hidden_states.tensor_split([self.image_tokens], dim=1)
        q = attn.norm_q(attn.to_q(hidden_states))
        heads = lambda t: t.unflatten(2, (attn.heads, -1)).transpose(1, 2)
        attend = lambda k, v: F.scaled_dot_product_attention(heads(q), heads(k), heads(v)).transpose(1, 2).flatten(2)
        out = attend(attn.norm_k(attn.to_k(text)), attn.to_v(text))
        out = out + attend(attn.norm_added_k(attn.add_k_proj(image)), attn.add_v_proj(image))
        return attn.to_out[0](out)


class DoubleSinusoid(nn.Module):
    """Time features in f64 as the published code; diffusers loses 1e-5 by computing them in f32."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, t):
        half = self.size // 2
        angle = t.double()[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
        return torch.cat([angle.cos(), angle.sin()], dim=1).float()


class Dit:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor] | None = None):
        self.config = config
        dim, heads = config["dim"], config["heads"]
        self.net = WanTransformer3DModel(
            patch_size=tuple(config["patch_size"]), num_attention_heads=heads, attention_head_dim=dim // heads,
            in_channels=config["in_dim"], out_channels=config["out_dim"], text_dim=config["text_dim"],
            freq_dim=config["freq_dim"], ffn_dim=config["ffn"], num_layers=config["layers"],
            cross_attn_norm=True, qk_norm="rms_norm_across_heads", eps=config["eps"],
            image_dim=config.get("img_dim", 1280), added_kv_proj_dim=dim, rope_max_seq_len=1024).eval()
        self.net.condition_embedder.timesteps_proj = DoubleSinusoid(config["freq_dim"])
        for block in self.net.blocks:
            block.attn2.set_processor(SplitAttention(config.get("img_tokens", 257)))
        self.names = diffusers_to_wan(config["layers"], self.net.state_dict())
        self.weights = {}
        if weights is not None:
            self.load(weights)

    def shapes(self) -> dict[str, torch.Size]:
        shapes = {self.names[key]: t.shape for key, t in self.net.state_dict().items()}
        channels, dim = self.config["in_dim"], self.config["dim"]
        tiers = self.config.get("history_tiers", list(PATCHERS))
        for tier in tiers:
            name, kernel = PATCHERS[tier]
            shapes[f"{name}.weight"] = torch.Size([dim, channels, 1, kernel, kernel])
            shapes[f"{name}.bias"] = torch.Size([dim])
        if 16 in tiers:
            shapes[f"{PRE_PATCHER}.weight"] = torch.Size([channels, channels, 1, 4, 4])
            shapes[f"{PRE_PATCHER}.bias"] = torch.Size([channels])
        return shapes

    def load(self, weights: dict[str, torch.Tensor]) -> None:
        self.weights = {name: t.float() for name, t in weights.items()}
        self.net.load_state_dict({key: self.weights[wan] for key, wan in self.names.items()}, strict=True)

    def padded_text(self, context: torch.Tensor) -> torch.Tensor:
        return F.pad(context.float(), (0, 0, 0, self.config["text_len"] - len(context)))[None]

    def plain(self, case: dict[str, torch.Tensor]) -> torch.Tensor:
        u = torch.cat([case["x"], case["y"]]).float()[None]
        return self.net(u, case["t"], self.padded_text(case["context"]), case["clip_fea"].float(),
                        return_dict=False)[0][0]

    def packed(self, case: dict[str, torch.Tensor], window: int) -> torch.Tensor:
        net = self.net
        u = torch.cat([case["x"], case["y"]]).float()
        tokens, grids, history = self.pack(u, window)
        rotary = self.rotary(grids)
        e, e0, text, image = net.condition_embedder(
            case["t"], self.padded_text(case["context"]), case["clip_fea"].float())
        context = torch.cat([image, text], dim=1)
        stream = tokens[None]
        for block in net.blocks:
            stream = block(stream, context, e0.unflatten(1, (6, -1)), rotary)
        shift, scale = (net.scale_shift_table + e[:, None]).chunk(2, dim=1)
        out = net.proj_out(net.norm_out(stream) * (1 + scale) + shift)[0, history:]
        h, w = u.shape[2] // 2, u.shape[3] // 2
        out = out.view(window, h, w, 2, 2, self.config["out_dim"])
        return out.permute(5, 0, 1, 3, 2, 4).reshape(self.config["out_dim"], window, 2 * h, 2 * w)

    def pack(self, u: torch.Tensor, window: int):
        """Tokens [N, dim], one (frame position, rows, columns) per frame, and the number of history tokens."""
        n = u.shape[1] - window
        tokens, grids, position, history = [], [], 0, 0
        for kernel, start, stop in history_parts(n, window) + [(1, n, n + window)]:
            part = u[None, :, start:stop]
            if kernel == "2f+16":
                part, kernel = self.patch(part, PRE_PATCHER, 4), 16
            grid = self.patch(part, *PATCHERS[kernel])[0]
            history += grid[0].numel() if start < n else 0
            tokens.append(grid.flatten(1).T)
            grids += [(position + i, grid.shape[2], grid.shape[3]) for i in range(grid.shape[1])]
            position += grid.shape[1]
        return torch.cat(tokens), grids, history

    def patch(self, part: torch.Tensor, name: str, kernel: int) -> torch.Tensor:
        part = F.pad(part, (0, -part.shape[-1] % kernel, 0, -part.shape[-2] % kernel))
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.conv3d(part, weight, bias, stride=(1, kernel, kernel))

    def rotary(self, grids: list[tuple[int, int, int]]):
        rope = self.net.rope
        frame = torch.cat([torch.full((h * w,), f) for f, h, w in grids])
        row = torch.cat([torch.arange(h).repeat_interleave(w) for _, h, w in grids])
        column = torch.cat([torch.arange(w).repeat(h) for _, h, w in grids])
        angles = []
        for positions, size in ((frame, rope.t_dim), (row, rope.h_dim), (column, rope.w_dim)):
            frequency = 10000.0 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
            angles.append((positions.double()[:, None] * frequency).repeat_interleave(2, dim=1))
        angle = torch.cat(angles, dim=1)[None, :, None]
        return angle.cos().float(), angle.sin().float()


def history_parts(n: int, window: int) -> list[tuple]:
    """(kernel, first frame, end frame) of every history part, oldest first."""
    h = n + window - 9
    tier = next(i for i, limit in enumerate((6, 22, 86, 342, 1366), start=1) if h <= limit)
    if tier == 1:
        middle = (2, 1, n - 1) if n > 2 else (2, n - 1, n)
        return [(1, 0, 1), middle, (1, n - 1, n)]
    newest_first = [(1, n - 3, n), (2, n - 5, n - 3), (4, n - 21, n - 5), (8, n - 85, n - 21),
                    (16, n - 341, n - 85), ("2f+16", 1, n - 341)][: tier + 1]
    kernel, _, stop = newest_first[-1]
    newest_first[-1] = (kernel, 1, stop)
    return [(1 if tier <= 3 else 2, 0, 1)] + newest_first[::-1]


def run_case(dit: Dit, name: str, case: dict[str, torch.Tensor]) -> torch.Tensor:
    if name.startswith("plain"):
        return dit.plain(case)
    return dit.packed(case, window=int(name.split("_z")[1].split("_")[0]))


def make(folder: Path, config: dict, cases: dict[str, tuple], seed: int) -> None:
    """`cases`: name -> (frames, h, w, text rows, t)."""
    write_config(folder, config)
    dit = Dit(config)
    weights = random_weights(dit.shapes(), seed, torch.bfloat16)
    write_tensors(folder / WEIGHTS, weights)
    dit.load(weights)
    g = torch.Generator().manual_seed(seed + 1)
    for name, (frames, h, w, rows, t) in cases.items():
        normal = lambda *shape: torch.randn(shape, generator=g)
        y = normal(config["in_dim"] - config["out_dim"], frames, h, w)
        y[:4] = 0.0
        y[:4, : max(frames - 8, 1)] = 1.0
        case = {
            "x": normal(config["out_dim"], frames, h, w), "y": y, "t": torch.tensor([t]),
            "context": normal(rows, config["text_dim"]),
            "clip_fea": normal(1, config.get("img_tokens", 257), config.get("img_dim", 1280)).bfloat16(),
        }
        case["out"] = run_case(dit, name, case)
        write_tensors(folder / f"{name}.safetensors", case)


def check(folder: Path) -> dict[str, float]:
    dit = Dit(read_config(folder), read_tensors(folder / WEIGHTS))
    errors = {}
    for path in sorted(folder.glob("p*_*.safetensors")):
        case = read_tensors(path)
        errors[path.stem] = relative_error(run_case(dit, path.stem, case), case["out"])
    return errors
