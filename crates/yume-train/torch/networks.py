"""The embedded model's networks in PyTorch, for training: batches, and parameters under their names in the files."""

import math

import torch
import torch.nn.functional as F

from shared import KERNELS, ClipVision, history_parts, rotary_angles


class Dit:
    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.c, self.w, self.angles = config, weights, {}
        self.dim, self.heads, self.window = config["dim"], config["num_heads"], config["latent_frame_zero"]

    def linear(self, x, name):
        return F.linear(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def norm(self, x, weight=None, bias=None):
        return F.layer_norm(x, x.shape[-1:], weight, bias, self.c["eps"])

    def rms(self, x, name):
        return F.rms_norm(x, (self.dim,), self.w[f"{name}.weight"], self.c["eps"])

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def context(self, text, image):
        """Text [batch, text_len, text_dim], image [batch, tokens, img_dim] -> what cross-attention reads."""
        text = self.linear(F.gelu(self.linear(text, "text_embedding.0"), approximate="tanh"), "text_embedding.2")
        image = F.layer_norm(image, image.shape[-1:], self.w["img_emb.proj.0.weight"], self.w["img_emb.proj.0.bias"])
        image = self.linear(F.gelu(self.linear(image, "img_emb.proj.1")), "img_emb.proj.3")
        last = [self.w[f"img_emb.proj.4.{leaf}"] for leaf in ("weight", "bias")]
        return text, F.layer_norm(image, (self.dim,), *last)

    def forward(self, x, y, sigma, context):
        """x [batch, 16, F, h, w], y [batch, 20, F, h, w], sigma [batch] -> velocity [batch, 16, window, h, w]."""
        stream, rotary = self.pack(torch.cat([x, y], 1))
        rows, columns = x.shape[3] // 2, x.shape[4] // 2
        size = self.c["freq_dim"]
        rate = 10000.0 ** (-torch.arange(size // 2, dtype=torch.float64) * 2 / size)
        angle = 1000 * sigma.double()[:, None] * rate
        e = torch.cat([angle.cos(), angle.sin()], 1).float()
        e = self.linear(F.silu(self.linear(e, "time_embedding.0")), "time_embedding.2")
        e6 = self.linear(F.silu(e), "time_projection.1").unflatten(1, (6, self.dim))
        for i in range(self.c["num_layers"]):
            stream = self.block(f"blocks.{i}", stream, e6, context, rotary)
        shift, scale = (self.w["head.modulation"] + e[:, None]).unbind(1)
        new = stream[:, -self.window * rows * columns:]
        out = self.linear(self.norm(new) * (1 + scale[:, None]) + shift[:, None], "head.head")
        out = out.view(-1, self.window, rows, columns, 2, 2, self.c["out_dim"]).permute(0, 6, 1, 2, 4, 3, 5)
        return out.reshape(-1, self.c["out_dim"], self.window, 2 * rows, 2 * columns)

    def block(self, name, x, e6, context, rotary):
        s1, c1, g1, s2, c2, g2 = (self.w[f"{name}.modulation"] + e6)[:, :, None].unbind(1)
        a = self.norm(x) * (1 + c1) + s1
        q, k = (self.rotate(self.rms(self.linear(a, f"{name}.self_attn.{p}"), f"{name}.self_attn.norm_{p}"), rotary)
                for p in "qk")
        out = F.scaled_dot_product_attention(q, k, self.split(self.linear(a, f"{name}.self_attn.v")))
        x = x + g1 * self.linear(self.merge(out), f"{name}.self_attn.o")
        cross = f"{name}.cross_attn"
        b = self.norm(x, self.w[f"{name}.norm3.weight"], self.w[f"{name}.norm3.bias"])
        q = self.split(self.rms(self.linear(b, f"{cross}.q"), f"{cross}.norm_q"))
        out = 0
        for rows, end in zip(context, ("", "_img")):
            k = self.split(self.rms(self.linear(rows, f"{cross}.k{end}"), f"{cross}.norm_k{end}"))
            out = out + F.scaled_dot_product_attention(q, k, self.split(self.linear(rows, f"{cross}.v{end}")))
        x = x + self.linear(self.merge(out), f"{cross}.o")
        c = self.norm(x) * (1 + c2) + s2
        hidden = F.gelu(self.linear(c, f"{name}.ffn.0"), approximate="tanh")
        return x + g2 * self.linear(hidden, f"{name}.ffn.2")

    def merge(self, x):
        return x.transpose(1, 2).flatten(2)

    def rotate(self, x, rotary):
        cos, sin = rotary
        pairs = x.unflatten(-1, (self.heads, -1, 2))
        re, im = pairs.unbind(-1)
        turned = torch.stack([re * cos - im * sin, re * sin + im * cos], -1)
        return turned.flatten(-2).transpose(1, 2)

    def pack(self, u):
        known = u.shape[2] - self.window
        tokens, grids = [], []
        for name, start, stop in history_parts(known, self.window) + [("patch_embedding", known, known + self.window)]:
            edge = KERNELS[name]
            part = F.pad(u[:, :, start:stop], (0, -u.shape[4] % edge, 0, -u.shape[3] % edge))
            batch, channels, frames, h, w = part.shape
            patches = part.view(batch, channels, frames, h // edge, edge, w // edge, edge).permute(0, 2, 3, 5, 1, 4, 6)
            weight = self.w[f"{name}.weight"].flatten(1)
            tokens.append(F.linear(patches.reshape(batch, -1, weight.shape[1]), weight, self.w[f"{name}.bias"]))
            grids += [(h // edge, w // edge)] * frames
        return torch.cat(tokens, 1), self.rotary(tuple(grids))

    def rotary(self, grids):
        if grids not in self.angles:
            angle = rotary_angles(grids, self.dim // self.heads)
            self.angles[grids] = angle.cos().float(), angle.sin().float()
        return self.angles[grids]


class Clip(ClipVision):
    def pixels(self, picture):
        """[batch, 3, height, width] in [-1, 1] -> as the encoder reads it."""
        edge = (self.c["image_size"],) * 2
        picture = F.interpolate(picture, edge, mode="bicubic", align_corners=False) / 2 + 0.5
        mean, std = (torch.tensor(self.c[k])[:, None, None] for k in ("mean", "std"))
        return (picture - mean) / std


class Convolutions:
    """Layers of parameters `w` as the VAE has them."""

    def activate(self, x, name):
        gamma = self.w[f"{name}.gamma"][..., 0] * x.shape[1] ** 0.5
        return F.silu(F.normalize(x, dim=1) * gamma)

    def residual(self, x, name):
        y = self.causal(self.activate(x, f"{name}.residual.0"), f"{name}.residual.2")
        return x + self.causal(self.activate(y, f"{name}.residual.3"), f"{name}.residual.6")

    def causal(self, x, name):
        weight = self.w[f"{name}.weight"]
        if weight.shape[2] == 1:
            return F.conv2d(x, weight[:, :, 0], self.w[f"{name}.bias"], padding=weight.shape[3] // 2)
        x = F.pad(x, (0, 0, 0, 0, 0, 0, 2, 0))
        x = torch.cat([x[:-2], x[1:-1], x[2:]], 1)
        return F.conv2d(x, weight.transpose(1, 2).flatten(1, 2), self.w[f"{name}.bias"], padding=1)


class Decoder(Convolutions):
    """The decoder of the VAE. Frames are the batch of 2-D convolutions; one clip at a time."""

    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.c, self.w, self.patch = config, weights, config["patch_size"]

    def encode(self, video):
        """Frames [3, 1 + 4 n, h, w] -> latents [1 + n, 16, h / 8, w / 8], not normalised: the linear map alone."""
        video = torch.cat([video[:, :1].expand(-1, 3, -1, -1), video], 1)
        c, n, h, w = video.shape
        blocks = video.view(c, n // 4, 4, h // 8, 8, w // 8, 8).permute(1, 3, 5, 2, 4, 6, 0).flatten(3)
        return ((blocks - self.w["skip.mean"]) @ self.w["skip.enc"].T).permute(0, 3, 1, 2)

    def decode(self, latents, reference=None):
        """[1 + n, 16, h, w], not normalised -> frames [1 + 4 n, 3, 8 h, 8 w] in [-1, 1], not clamped.

        `reference` has frames as they were foreseen, and 1 for those that were: [1 + 4 n, 4, 8 h, 8 w].
        """
        base = F.linear(latents.permute(0, 2, 3, 1), self.w["skip.dec"], self.w["skip.mean"])
        n, h, w, _ = base.shape
        base = base.view(n, h, w, 4, 8, 8, 3).permute(0, 3, 6, 1, 4, 2, 5).reshape(4 * n, 3, 8 * h, 8 * w)[3:]
        x = F.conv2d(latents, self.w["conv2.weight"][:, :, 0], self.w["conv2.bias"])
        x = self.causal(x, "decoder.conv1")
        x = self.residual(self.residual(x, "decoder.middle.0"), "decoder.middle.2")
        index, levels = 0, len(self.c["dec_dims"])
        for level in range(levels):
            if level == levels - 1:
                x = x + self.causal(F.pixel_unshuffle(base, self.patch), "decoder.skip_in")
                if reference is not None:
                    folded = F.pixel_unshuffle(reference[:, :3], self.patch)
                    folded = torch.cat([folded, reference[:, 3:, ::self.patch, ::self.patch]], 1)
                    x = x + F.conv2d(folded, self.w["decoder.reference.weight"][:, :, 0], padding=1)
            for _ in range(self.c["dec_res_blocks"]):
                x = self.residual(x, f"decoder.upsamples.{index}")
                index += 1
            if level < levels - 1:
                x = self.upsample(x, f"decoder.upsamples.{index}")
                index += 1
        x = self.causal(self.activate(x, "decoder.head.0"), "decoder.head.2")
        return F.pixel_shuffle(x, self.patch) + base

    def upsample(self, x, name):
        if len(x) > 1:
            # The first frame is doubled in space alone, and is not seen by what follows.
            past = F.pad(x[1:], (0, 0, 0, 0, 0, 0, 2, 0))
            past = torch.cat([past[:-2], past[1:-1], past[2:]], 1)
            weight = self.w[f"{name}.time_conv.weight"][..., 0, 0].permute(0, 2, 1).flatten(1)
            twice = F.conv2d(past, weight[..., None, None], self.w[f"{name}.time_conv.bias"])
            twice = twice.unflatten(1, (2, -1)).flatten(0, 1)
            x = torch.cat([x[:1], twice])
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return F.conv2d(x, self.w[f"{name}.resample.1.weight"], self.w[f"{name}.resample.1.bias"], padding=1)


class Depth(Convolutions):
    """How near everything in a picture is, by convolutions; `warp` says where flat ground is."""

    def __init__(self, config: dict, warp: dict, weights: dict[str, torch.Tensor]):
        self.c, self.warp, self.w, self.patch = config, warp, weights, config["patch_size"]

    @staticmethod
    def begin(config: dict) -> dict[str, torch.Tensor]:
        """Parameters to begin training with."""
        w, (near, middle, far), patch = {}, config["dims"], config["patch_size"]

        def conv(name, i, o, edge, scale=1.0):
            bound = scale / (i * edge * edge) ** 0.5
            w[f"{name}.weight"] = torch.empty(o, i, 1, edge, edge).uniform_(-bound, bound)
            w[f"{name}.bias"] = torch.zeros(o)

        def residual(name, n):
            for norm, layer, scale in ((0, 2, 1.0), (3, 6, 0.3)):
                w[f"{name}.residual.{norm}.gamma"] = torch.ones(n, 1, 1, 1)
                conv(f"{name}.residual.{layer}", n, n, 3, scale)

        conv("conv1", 3 * patch * patch + 1, near, 3)
        residual("down.0", near)
        conv("shrink.0", 4 * near, middle, 1)
        residual("down.1", middle)
        residual("down.2", middle)
        conv("shrink.1", 4 * middle, far, 1)
        residual("middle.0", far)
        residual("middle.1", far)
        conv("overall", far, far, 1)
        conv("grow.1", far, middle, 1)
        residual("up.2", middle)
        conv("grow.0", middle, near, 1)
        residual("up.1", near)
        residual("up.0", near)
        w["head.0.gamma"] = torch.ones(near, 1, 1, 1)
        conv("head.2", near, patch * patch, 3)
        return w

    def ground(self, pitch, size):
        """[n] radians -> inverse depth of flat ground, [n, height, 1], 0 above the horizon."""
        height, width = size
        tangent = math.tan(math.radians(self.warp["hfov_deg"]) / 2) * height / width
        up = tangent * (1 - (torch.arange(height) + 0.5) * 2 / height)
        fall = -(pitch.sin()[:, None] + pitch.cos()[:, None] * up)
        return (fall / self.warp["camera_height_m"]).clamp(min=0)[..., None]

    def forward(self, pictures, pitch):
        """Pictures [n, 3, h, w] in [-1, 1], pitch [n] in radians -> 1 / metres ahead of the camera, [n, h, w]."""
        ground = self.ground(pitch, pictures.shape[2:]).expand(-1, -1, pictures.shape[3])
        coarse = F.avg_pool2d(ground[:, None], self.patch)
        shrink = lambda x, name: self.causal(F.pixel_unshuffle(x, 2), name)
        grow = lambda x, name: F.interpolate(self.causal(x, name), scale_factor=2.0, mode="nearest")
        near = self.residual(self.causal(torch.cat([F.pixel_unshuffle(pictures, self.patch), coarse], 1), "conv1"), "down.0")
        middle = shrink(near, "shrink.0")
        for name in ("down.1", "down.2"):
            middle = self.residual(middle, name)
        far = shrink(middle, "shrink.1")
        for name in ("middle.0", "middle.1"):
            far = self.residual(far, name)
        far = far + self.causal(far.mean((2, 3), keepdim=True), "overall")
        middle = self.residual(middle + grow(far, "grow.1"), "up.2")
        near = near + grow(middle, "grow.0")
        for name in ("up.1", "up.0"):
            near = self.residual(near, name)
        found = F.pixel_shuffle(self.causal(self.activate(near, "head.0"), "head.2"), self.patch)[:, 0]
        return ground + self.c["scale"] * F.softplus(found - 1)
