"""The VAE of Wan 2.1 in plain PyTorch, latent by latent, under its published tensor names."""

import torch
import torch.nn.functional as F


def shapes(c: dict) -> dict[str, tuple[int, ...]]:
    assert c["patch_size"] == 1 and c["skip"] is None, "this is the published layout only"
    z, all = c["z_dim"], {}

    def conv(name, i, o, *kernel):
        all[f"{name}.weight"], all[f"{name}.bias"] = (o, i, *kernel), (o,)

    def residual(name, i, o):
        all[f"{name}.residual.0.gamma"], all[f"{name}.residual.3.gamma"] = (i, 1, 1, 1), (o, 1, 1, 1)
        conv(f"{name}.residual.2", i, o, 3, 3, 3)
        conv(f"{name}.residual.6", o, o, 3, 3, 3)
        if i != o:
            conv(f"{name}.shortcut", i, o, 1, 1, 1)

    def middle(name, dim):
        residual(f"{name}.0", dim, dim)
        all[f"{name}.1.norm.gamma"] = (dim, 1, 1)
        conv(f"{name}.1.to_qkv", dim, 3 * dim, 1, 1)
        conv(f"{name}.1.proj", dim, dim, 1, 1)
        residual(f"{name}.2", dim, dim)

    def levels(side, flat, levels, blocks):
        index = 0
        for i, level in enumerate(levels):
            for block in range(blocks):
                residual(f"{side}.{flat}.{index}", level["output"] if block else level["input"], level["output"])
                index += 1
            if i + 1 == len(levels):
                return
            name, dim, is_up = f"{side}.{flat}.{index}", level["output"], flat == "upsamples"
            conv(f"{name}.resample.1", dim, levels[i + 1]["input"] if is_up else dim, 3, 3)
            if c["temporal"][::-1 if is_up else 1][i]:
                conv(f"{name}.time_conv", dim, dim * (2 if is_up else 1), 3, 1, 1)
            index += 1

    encoder, decoder = c["encoder"], c["decoder"]
    conv("encoder.conv1", 3, encoder[0]["input"], 3, 3, 3)
    levels("encoder", "downsamples", encoder, c["encoder_res_blocks"])
    middle("encoder.middle", encoder[-1]["output"])
    all["encoder.head.0.gamma"] = (encoder[-1]["output"], 1, 1, 1)
    conv("encoder.head.2", encoder[-1]["output"], 2 * z, 3, 3, 3)
    conv("conv1", 2 * z, 2 * z, 1, 1, 1)
    conv("conv2", z, z, 1, 1, 1)
    conv("decoder.conv1", z, decoder[0]["input"], 3, 3, 3)
    middle("decoder.middle", decoder[0]["input"])
    levels("decoder", "upsamples", decoder, c["decoder_res_blocks"])
    all["decoder.head.0.gamma"] = (decoder[-1]["output"], 1, 1, 1)
    conv("decoder.head.2", decoder[-1]["output"], 3, 3, 3, 3)
    return all


class WanVae:
    """`cache` is a dict that the caller keeps: what every causal layer has seen last."""

    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.c, self.w = config, weights
        column = lambda key: torch.tensor(config[key], device=weights["conv2.weight"].device).view(1, -1, 1, 1, 1)
        self.mean, self.std = column("latent_mean"), column("latent_std")
        self.dtype = weights["conv2.weight"].dtype

    def conv(self, x, name, cache):
        weight = self.w[f"{name}.weight"]
        past, edge = weight.shape[2] - 1, weight.shape[-1]
        if past:
            before = cache.get(name)
            x = F.pad(x, (0, 0, 0, 0, past, 0)) if before is None else torch.cat([before, x], dim=2)
            cache[name] = x[:, :, -past:]
        return F.conv3d(x, weight, self.w[f"{name}.bias"], padding=(0, edge // 2, edge // 2))

    def norm(self, x, name):
        gamma = self.w[f"{name}.gamma"].float().view(1, -1, 1, 1, 1)
        return (F.normalize(x.float(), dim=1) * (gamma * x.shape[1] ** 0.5)).to(x.dtype)

    def residual(self, x, name, cache):
        y = self.conv(F.silu(self.norm(x, f"{name}.residual.0")), f"{name}.residual.2", cache)
        y = self.conv(F.silu(self.norm(y, f"{name}.residual.3")), f"{name}.residual.6", cache)
        return y + (self.conv(x, f"{name}.shortcut", cache) if f"{name}.shortcut.weight" in self.w else x)

    def frames(self, x, name, **options):
        """A convolution of every frame by itself."""
        b = x.shape[0]
        x = F.conv2d(x.transpose(1, 2).flatten(0, 1), self.w[f"{name}.weight"], self.w[f"{name}.bias"], **options)
        return x.unflatten(0, (b, -1)).transpose(1, 2)

    def middle(self, x, name, cache):
        x = self.residual(x, f"{name}.0", cache)
        b, c, f, h, w = x.shape
        qkv = self.frames(self.norm(x, f"{name}.1.norm"), f"{name}.1.to_qkv")
        qkv = qkv.transpose(1, 2).reshape(b * f, 3, c, h * w).transpose(2, 3)
        out = F.scaled_dot_product_attention(*(part[:, None] for part in qkv.unbind(1)))[:, 0]
        out = out.transpose(1, 2).reshape(b, f, c, h, w).transpose(1, 2)
        return self.residual(x + self.frames(out, f"{name}.1.proj"), f"{name}.2", cache)

    def down(self, x, name, cache):
        x = self.frames(F.pad(x, (0, 1, 0, 1)), f"{name}.resample.1", stride=2)
        if f"{name}.time_conv.weight" not in self.w:
            return x
        before, cache[name] = cache.get(name), x[:, :, -1:]
        if before is None:
            return x
        weight, bias = self.w[f"{name}.time_conv.weight"], self.w[f"{name}.time_conv.bias"]
        return F.conv3d(torch.cat([before, x], dim=2), weight, bias, stride=(2, 1, 1))

    def up(self, x, name, cache):
        if f"{name}.time_conv.weight" in self.w:
            if name not in cache:
                cache[name] = True  # the first latent gives one frame, and is not part of the past of the second
            else:
                doubled = self.conv(x, f"{name}.time_conv", cache)
                b, _, f, h, w = doubled.shape
                x = doubled.view(b, 2, -1, f, h, w).permute(0, 2, 3, 1, 4, 5).reshape(b, -1, 2 * f, h, w)
        b, c, f, h, w = x.shape
        big = F.interpolate(x.transpose(1, 2).reshape(b * f, c, h, w), scale_factor=2, mode="nearest")
        return self.frames(big.view(b, f, c, 2 * h, 2 * w).transpose(1, 2), f"{name}.resample.1", padding=1)

    def levels(self, x, where, levels, blocks, between, cache):
        index = 0
        for i in range(len(levels)):
            for _ in range(blocks):
                x = self.residual(x, f"{where}.{index}", cache)
                index += 1
            if i + 1 < len(levels):
                x = between(x, f"{where}.{index}", cache)
                index += 1
        return x

    def encode(self, video, cache):
        """The next frames [B, 3, f, H, W], one the first time and then four, to a latent [B, z, 1, H/8, W/8]."""
        c = self.c
        x = self.conv(video.to(self.dtype), "encoder.conv1", cache)
        x = self.levels(x, "encoder.downsamples", c["encoder"], c["encoder_res_blocks"], self.down, cache)
        x = self.middle(x, "encoder.middle", cache)
        x = self.conv(F.silu(self.norm(x, "encoder.head.0")), "encoder.head.2", cache)
        mean = self.conv(x, "conv1", cache)[:, : c["z_dim"]].float()
        return (mean - self.mean) / self.std

    def decode(self, latent, cache):
        """The next latent [B, z, 1, h, w] to its frames: one the first time, then four."""
        c = self.c
        x = self.conv((latent * self.std + self.mean).to(self.dtype), "conv2", cache)
        x = self.middle(self.conv(x, "decoder.conv1", cache), "decoder.middle", cache)
        x = self.levels(x, "decoder.upsamples", c["decoder"], c["decoder_res_blocks"], self.up, cache)
        return self.conv(F.silu(self.norm(x, "decoder.head.0")), "decoder.head.2", cache).float()
