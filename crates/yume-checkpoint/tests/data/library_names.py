"""Writes what diffusers and transformers call the tensors of the golden networks: python library_names.py.

It needs the packages of the networks' golden cases.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parents[2] / "yume-nets/tests/golden"
sys.path.insert(0, str(GOLDEN))

from reference_clip import ImageEncoder  # noqa: E402
from reference_dit import Dit  # noqa: E402
from reference_text import TextEncoder  # noqa: E402
from reference_vae import Vae  # noqa: E402
from store import read_config  # noqa: E402

NETWORKS = {"dit": Dit, "vae": Vae, "umt5": TextEncoder, "clip": ImageEncoder}

names = {
    folder: {name: list(t.shape) for name, t in network(read_config(GOLDEN / folder)).net.state_dict().items()}
    for folder, network in NETWORKS.items()
}
(HERE / "library_names.json").write_text(json.dumps(names, separators=(",", ":")) + "\n")
