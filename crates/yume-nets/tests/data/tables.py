"""Writes yume-1.0-tensors.txt (network, name, shape) and yume-1.0-costs.txt (latent frames, history
tokens, tokens, operations of a pass and of its caption) from the tables of the published model, without
this repository's code. Sources: wan/modules/{model,t5,clip,vae}.py of stdstu12/YUME, commit 111c3fa.

    python3 tables.py
"""

from pathlib import Path

HERE = Path(__file__).parent
DIM, FFN, LAYERS = 5120, 13824, 40


def linear(name, out, inp, bias=True):
    return [(f"{name}.weight", [out, inp])] + ([(f"{name}.bias", [out])] if bias else [])


def conv(name, out, inp, *kernel):
    return [(f"{name}.weight", [out, inp, *kernel]), (f"{name}.bias", [out])]


def norm(name, dim):
    return [(f"{name}.weight", [dim]), (f"{name}.bias", [dim])]


def dit():
    yield from conv("patch_embedding", DIM, 36, 1, 2, 2)
    for merge in (2, 4, 8, 16):
        yield from conv(f"patch_embedding_{merge}x", DIM, 36, 1, 2 * merge, 2 * merge)
    yield from conv("patch_embedding_2x_f", 36, 36, 1, 4, 4)
    yield from linear("text_embedding.0", DIM, 4096)
    yield from linear("text_embedding.2", DIM, DIM)
    yield from linear("time_embedding.0", DIM, 256)
    yield from linear("time_embedding.2", DIM, DIM)
    yield from linear("time_projection.1", 6 * DIM, DIM)
    yield from norm("img_emb.proj.0", 1280)
    yield from linear("img_emb.proj.1", 1280, 1280)
    yield from linear("img_emb.proj.3", DIM, 1280)
    yield from norm("img_emb.proj.4", DIM)
    for i in range(LAYERS):
        block = f"blocks.{i}"
        yield f"{block}.modulation", [1, 6, DIM]
        for part in "qkvo":
            yield from linear(f"{block}.self_attn.{part}", DIM, DIM)
        for part in ("q", "k", "v", "o", "k_img", "v_img"):
            yield from linear(f"{block}.cross_attn.{part}", DIM, DIM)
        for part in ("self_attn.norm_q", "self_attn.norm_k"):
            yield f"{block}.{part}.weight", [DIM]
        for part in ("norm_q", "norm_k", "norm_k_img"):
            yield f"{block}.cross_attn.{part}.weight", [DIM]
        yield from norm(f"{block}.norm3", DIM)
        yield from linear(f"{block}.ffn.0", FFN, DIM)
        yield from linear(f"{block}.ffn.2", DIM, FFN)
    yield "head.modulation", [1, 2, DIM]
    yield from linear("head.head", 64, DIM)


def text():
    yield "token_embedding.weight", [256384, 4096]
    for i in range(24):
        yield f"blocks.{i}.norm1.weight", [4096]
        for part in "qkvo":
            yield from linear(f"blocks.{i}.attn.{part}", 4096, 4096, bias=False)
        yield f"blocks.{i}.pos_embedding.embedding.weight", [32, 64]
        yield f"blocks.{i}.norm2.weight", [4096]
        yield from linear(f"blocks.{i}.ffn.gate.0", 10240, 4096, bias=False)
        yield from linear(f"blocks.{i}.ffn.fc1", 10240, 4096, bias=False)
        yield from linear(f"blocks.{i}.ffn.fc2", 4096, 10240, bias=False)
    yield "norm.weight", [4096]


def clip():
    yield "visual.cls_embedding", [1, 1, 1280]
    yield "visual.pos_embedding", [1, 257, 1280]
    yield "visual.patch_embedding.weight", [1280, 3, 14, 14]
    yield from norm("visual.pre_norm", 1280)
    for i in range(31):  # the last of the 32 blocks is not run
        block = f"visual.transformer.{i}"
        yield from norm(f"{block}.norm1", 1280)
        yield from linear(f"{block}.attn.to_qkv", 3840, 1280)
        yield from linear(f"{block}.attn.proj", 1280, 1280)
        yield from norm(f"{block}.norm2", 1280)
        yield from linear(f"{block}.mlp.0", 5120, 1280)
        yield from linear(f"{block}.mlp.2", 1280, 5120)


def residual(name, inp, out):
    yield f"{name}.residual.0.gamma", [inp, 1, 1, 1]
    yield from conv(f"{name}.residual.2", out, inp, 3, 3, 3)
    yield f"{name}.residual.3.gamma", [out, 1, 1, 1]
    yield from conv(f"{name}.residual.6", out, out, 3, 3, 3)
    if inp != out:
        yield from conv(f"{name}.shortcut", out, inp, 1, 1, 1)


def middle(name):
    yield from residual(f"{name}.0", 384, 384)
    yield f"{name}.1.norm.gamma", [384, 1, 1]
    yield from conv(f"{name}.1.to_qkv", 1152, 384, 1, 1)
    yield from conv(f"{name}.1.proj", 384, 384, 1, 1)
    yield from residual(f"{name}.2", 384, 384)


def vae():
    yield from conv("encoder.conv1", 96, 3, 3, 3, 3)
    k, inp = 0, 96
    for level, (out, temporal) in enumerate(zip((96, 192, 384, 384), (False, True, True, None))):
        for _ in range(2):
            yield from residual(f"encoder.downsamples.{k}", inp, out)
            k, inp = k + 1, out
        if level < 3:
            yield from conv(f"encoder.downsamples.{k}.resample.1", out, out, 3, 3)
            if temporal:
                yield from conv(f"encoder.downsamples.{k}.time_conv", out, out, 3, 1, 1)
            k += 1
    yield from middle("encoder.middle")
    yield "encoder.head.0.gamma", [384, 1, 1, 1]
    yield from conv("encoder.head.2", 32, 384, 3, 3, 3)
    yield from conv("conv1", 32, 32, 1, 1, 1)
    yield from conv("conv2", 16, 16, 1, 1, 1)
    yield from conv("decoder.conv1", 384, 16, 3, 3, 3)
    yield from middle("decoder.middle")
    k, inp = 0, 384
    for level, (out, temporal) in enumerate(zip((384, 384, 192, 96), (True, True, False, None))):
        for _ in range(3):
            yield from residual(f"decoder.upsamples.{k}", inp, out)
            k, inp = k + 1, out
        if level < 3:
            yield from conv(f"decoder.upsamples.{k}.resample.1", out // 2, out, 3, 3)
            if temporal:
                yield from conv(f"decoder.upsamples.{k}.time_conv", 2 * out, out, 3, 1, 1)
            k, inp = k + 1, out // 2
    yield "decoder.head.0.gamma", [96, 1, 1, 1]
    yield from conv("decoder.head.2", 3, 96, 3, 3, 3)


def history(frames):
    """(tokens, frames, multiplications per frame of the patch embedding) of each part, window 9."""
    n = frames - 9
    per = {1: 34 * 60, 2: 17 * 30, 4: 9 * 15, 8: 5 * 8, 16: 3 * 4, "f": 1}
    if n <= 6:
        parts = [(1, 1), (2, max(n - 2, 1)), (1, 1)]
    else:
        parts = [(1 if n <= 86 else 2, 1), (1, 3), (2, 2)]
        left = n - 6
        for kernel, most in ((4, 16), (8, 64), (16, 256), ("f", 1024)):
            parts.append((kernel, min(left, most)))
            left -= min(left, most)
    return [(per[kernel] * count, kernel, count) for kernel, count in parts]


def costs():
    for frames in range(10, 401):
        parts = history(frames)
        before = sum(tokens for tokens, _, _ in parts)
        tokens = before + 9 * 2040
        products = tokens * (6 * DIM * DIM + 2 * DIM * FFN + 2 * (tokens + 769) * DIM) * LAYERS
        products += tokens * DIM * 64 + 256 * DIM + 7 * DIM * DIM + 9 * 2040 * 36 * 4 * DIM
        for count, kernel, length in parts:
            edge = 32 if kernel == "f" else 2 * kernel
            products += count * 36 * edge * edge * DIM
            products += length * 17 * 30 * 36 * 36 * 16 if kernel == "f" else 0
        caption = 512 * (4096 * DIM + DIM * DIM) + 257 * (1280 * 1280 + 1280 * DIM)
        caption += LAYERS * 769 * 2 * DIM * DIM
        yield f"{frames} {before} {tokens} {2 * products} {2 * caption}"


def main():
    lines = [
        f"{network} {name} {'x'.join(map(str, shape))}"
        for network, tensors in (("dit", dit()), ("text", text()), ("clip", clip()), ("vae", vae()))
        for name, shape in tensors
    ]
    (HERE / "yume-1.0-tensors.txt").write_text("\n".join(lines) + "\n")
    (HERE / "yume-1.0-costs.txt").write_text("\n".join(costs()) + "\n")


if __name__ == "__main__":
    main()
