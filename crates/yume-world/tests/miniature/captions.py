"""The published sentences, and the tokenizer that turns them into ids.

Sentences and their order: `fastvideo/sample/sample.py` and `wan/image2video.py` of stdstu12/YUME, commit 111c3fa.
Cleaning: `wan/modules/tokenizers.py` there.
"""

import html
import itertools
import re
import tempfile
from pathlib import Path

import ftfy
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

PREFIX = "This video depicts a city walk scene with a first-person view (FPV)."
TRAVEL = {"·": "stands still", "W": "moves forward", "A": "moves left", "S": "moves backward", "D": "moves right",
          "W+A": "moves forward and left", "W+D": "moves forward and right", "S+A": "moves backward and left",
          "S+D": "moves backward and right"}
TURN = {"·": "remains still", "←": "turns left", "→": "turns right", "↑": "tilts up", "↓": "tilts down",
        "↑←": "tilts up and turns left", "↑→": "tilts up and turns right", "↓←": "tilts down and turns left",
        "↓→": "tilts down and turns right"}
SPEED = ("Actual distance moved:4.3697374288015297 at 100 meters per second."
         "Angular change rate (turn speed):4.520279996588001.View rotation speed:4.14601429683874179.")
NEGATIVE = ("Bright tones, overexposed, static, blurred details, subtitles, style, works, paintings, images, static, "
            "overall gray, worst quality, low quality, JPEG compression residue, ugly, incomplete, extra fingers, "
            "poorly drawn hands, poorly drawn faces, deformed, disfigured, misshapen limbs, fused fingers, still "
            "picture, messy background, three legs, many people in the background, walking backwards")

# A few rows of NFKC as sentencepiece writes them, code points to code points.
RULES = ["A0\t20", "3000\t20", "2026\t2E 2E 2E", "FB01\t66 69"]
RULES += [f"{0xFEE0 + code:X}\t{code:X}" for code in range(0x21, 0x7F)]
PIECES = 384
LONGEST = 512


def caption(travel: str, turn: str, scene: str = "") -> str:
    return f"{PREFIX}Person {TRAVEL[travel]} ({travel}).Camera {TURN[turn]} ({turn}).{SPEED}{scene}"


def cleaned(text: str) -> str:
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return re.sub(r"\s+", " ", text).strip()


def make_tokenizer(path: Path) -> None:
    """A unigram tokenizer of umT5's kind: its pieces and character map are sentencepiece's."""
    texts = [caption(travel, turn) for travel, turn in itertools.product(TRAVEL, TURN)] + [NEGATIVE]
    with tempfile.TemporaryDirectory() as folder:
        rules, model = Path(folder, "rules.tsv"), Path(folder, "spiece")
        rules.write_text("\n".join(RULES) + "\n")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_prefix=str(model), model_type="unigram", vocab_size=PIECES,
            hard_vocab_limit=False, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_tsv=str(rules),
            character_coverage=1.0, num_threads=1, minloglevel=2)
        proto = sentencepiece_model_pb2.ModelProto.FromString(model.with_suffix(".model").read_bytes())
    pieces = [(piece.piece, piece.score) for piece in proto.pieces]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    charsmap = proto.normalizer_spec.precompiled_charsmap
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path), pretty=False)


def ids(path: Path, text: str) -> list[int]:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(LONGEST)
    return tokenizer.encode(cleaned(text)).ids
