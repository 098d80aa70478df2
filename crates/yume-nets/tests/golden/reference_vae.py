"""The VAE: diffusers' AutoencoderKLWan under Wan's tensor names."""

import re
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan

from store import random_weights, read_config, read_tensors, relative_error, write_config, write_tensors

WEIGHTS = "Wan2.1_VAE.pth"
RESIDUAL_NAMES = {"norm1": "residual.0", "conv1": "residual.2", "norm2": "residual.3", "conv2": "residual.6",
                  "conv_shortcut": "shortcut"}


def to_wan(key: str, resnets: int) -> str:
    """Wan's name of a diffusers VAE tensor; a decoder level has `resnets` residual blocks."""
    flat = resnets + 1
    key = re.sub(r"^quant_conv", "conv1", key)
    key = re.sub(r"^post_quant_conv", "conv2", key)
    key = re.sub(r"coder\.conv_in\.", "coder.conv1.", key)
    key = re.sub(r"coder\.norm_out\.", "coder.head.0.", key)
    key = re.sub(r"coder\.conv_out\.", "coder.head.2.", key)
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"middle.{2 * int(m[1])}", key)
    key = key.replace("mid_block.attentions.0", "middle.1").replace("down_blocks", "downsamples")
    key = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"upsamples.{flat * int(m[1]) + int(m[2])}", key)
    key = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"upsamples.{flat * int(m[1]) + resnets}", key)
    module, leaf = re.fullmatch(r"(.+)\.(weight|bias|gamma)", key).groups()
    head, _, last = module.rpartition(".")
    if last in RESIDUAL_NAMES and re.search(r"(samples|middle)\.\d+$", head):
        module = f"{head}.{RESIDUAL_NAMES[last]}"
    return f"{module}.{leaf}"


class Vae:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor] | None = None):
        self.net = AutoencoderKLWan(
            base_dim=config["dim"], z_dim=config["z_dim"], dim_mult=config["dim_mult"],
            num_res_blocks=config["num_res_blocks"], temperal_downsample=config["temporal_downsample"]).eval()
        self.names = {key: to_wan(key, config["num_res_blocks"] + 1) for key in self.net.state_dict()}
        column = lambda values: torch.tensor(values).view(-1, 1, 1, 1)
        self.mean, self.std = column(self.net.config.latents_mean), column(self.net.config.latents_std)
        if weights is not None:
            self.load(weights)

    def shapes(self) -> dict[str, torch.Size]:
        return {self.names[key]: t.shape for key, t in self.net.state_dict().items()}

    def load(self, weights: dict[str, torch.Tensor]) -> None:
        self.net.load_state_dict({key: weights[wan].float() for key, wan in self.names.items()}, strict=True)

    def encode(self, video: torch.Tensor) -> torch.Tensor:
        return (self.net.encode(video[None]).latent_dist.mode()[0] - self.mean) / self.std

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """As diffusers decodes, latent by latent, without its clamp."""
        net = self.net
        net.clear_cache()
        x = net.post_quant_conv((z * self.std + self.mean)[None])
        frames = []
        for i in range(x.shape[2]):
            frames.append(net.decoder(x[:, :, i : i + 1], feat_cache=net._feat_map, feat_idx=[0], first_chunk=i == 0))
        net.clear_cache()
        return torch.cat(frames, dim=2)[0]


def make(folder: Path, config: dict, cases: list[tuple], seed: int, dtype: torch.dtype) -> None:
    """`cases`: (pixel frames, height, width, latent frames to decode)."""
    write_config(folder, config)
    vae = Vae(config)
    weights = random_weights(vae.shapes(), seed, dtype)
    write_tensors(folder / WEIGHTS, weights)
    vae.load(weights)
    g = torch.Generator().manual_seed(seed + 1)
    for frames, height, width, latents in cases:
        video = torch.rand(3, frames, height, width, generator=g) * 2 - 1
        z = torch.randn(config["z_dim"], latents, height // 8, width // 8, generator=g)
        case = {"video": video, "latent": vae.encode(video), "z": z, "decoded": vae.decode(z)}
        write_tensors(folder / f"case_t{frames}_{height}x{width}.safetensors", case)


def check(folder: Path) -> dict[str, float]:
    vae = Vae(read_config(folder), read_tensors(folder / WEIGHTS))
    errors = {}
    for path in sorted(folder.glob("case_*.safetensors")):
        case = read_tensors(path)
        errors[f"{path.stem} latent"] = relative_error(vae.encode(case["video"]), case["latent"])
        errors[f"{path.stem} decoded"] = relative_error(vae.decode(case["z"]), case["decoded"])
    return errors
