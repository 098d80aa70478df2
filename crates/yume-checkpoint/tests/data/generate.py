"""Writes the small files that the tests of this crate read: python generate.py (torch, safetensors, tokenizers)."""

import json
import pathlib
import zipfile
from collections import OrderedDict

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent


def tensors():
    """One tensor of every kind that a checkpoint may hold."""
    base = torch.arange(24, dtype=torch.float32) / 8 - 1
    return OrderedDict(
        f32=base.reshape(2, 3, 4).clone(),
        f16=base[:6].half(),
        bf16=base[:6].bfloat16(),
        f64=base[:5].double(),
        i64=torch.tensor([1, -2, 1 << 40]),
        i32=torch.tensor([[7], [-7]], dtype=torch.int32),
        transposed=base.reshape(4, 6).t(),
        part=base.reshape(4, 6)[1:3, 2:5],
        column=base.reshape(4, 6)[:, 5:6],
        scalar=torch.tensor(0.5),
        empty=torch.zeros(3, 0),
    )


def repacked(source, target, change=lambda name, data: data, method=zipfile.ZIP_STORED):
    """Copies an archive with other contents or another way of packing."""
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / target, "w", method) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), change(name, old.read(name)), method)


def main():
    small = tensors()
    torch.save(small, HERE / "small.pth")
    save_file({name: t.contiguous() for name, t in small.items()}, HERE / "small.safetensors")
    linear = torch.nn.Linear(2, 3)
    torch.nn.init.constant_(linear.weight, 0.25)
    torch.nn.init.constant_(linear.bias, -1.0)
    torch.save(linear.state_dict(), HERE / "state_dict.pth")
    torch.save(linear, HERE / "module.pth")
    torch.save({"state_dict": linear.state_dict(), "epoch": 3}, HERE / "nested.pth")
    torch.save(linear.state_dict(), HERE / "legacy.pth", _use_new_zipfile_serialization=False)
    big = lambda name, data: b"big" if name.endswith("byteorder") else data
    repacked("state_dict.pth", "big_endian.pth", change=big)
    repacked("state_dict.pth", "compressed.pth", method=zipfile.ZIP_DEFLATED)

    pieces = ["<pad>", "</s>", "<unk>", "▁", "▁walk", "▁the", "▁street", "s", "·", "(", ")", "W", "▁(", ".", "▁a", "b", "&"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], unk_id=2))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=20)
    tokenizer.save(str(HERE / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = ["walk the streets", "walk (W).", "a & b", "the ü street ü", "", "walk walk walk walk walk walk walk walk walk"]
    cases = [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]
    (HERE / "tokenizer_cases.json").write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
