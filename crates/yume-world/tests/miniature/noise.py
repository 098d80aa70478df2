"""The noise of a walk: the program's own stream of normal values, from a seed.

ChaCha12 with one stream per segment (`rand_chacha` 0.10, its seed filled by PCG32) drives the ziggurat of `rand_distr` 0.6.
"""

import math

import torch

MASK32, MASK64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
WORDS = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
QUARTERS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
# Doornik's ziggurat of 256 layers: where the lowest one ends, and the area of each, rounded as there.
TAIL, AREA = 3.6541528853610088, 0.00492867323399


def key(seed: int) -> list[int]:
    """The 8 words of a key from a 64-bit seed: PCG32, advanced before each word."""
    words, state = [], seed
    for _ in range(8):
        state = (state * 6364136223846793005 + 11634580027462260723) & MASK64
        shifted, turn = (((state >> 18) ^ state) >> 27) & MASK32, state >> 59
        words.append((shifted >> turn | shifted << (-turn & 31)) & MASK32)
    return words


def block(seed_words: list[int], counter: int, stream: int) -> list[int]:
    start = WORDS + seed_words + [counter & MASK32, counter >> 32, stream & MASK32, stream >> 32]
    x = list(start)
    rotate = lambda value, bits: (value << bits | value >> (32 - bits)) & MASK32
    for _ in range(6):
        for a, b, c, d in QUARTERS:
            for to, add, turned, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[to] = (x[to] + x[add]) & MASK32
                x[turned] = rotate(x[turned] ^ x[to], bits)
    return [(a + b) & MASK32 for a, b in zip(x, start)]


def layers() -> tuple[list[float], list[float]]:
    """Right edges and heights of the layers under exp(-x²/2)."""
    height = lambda x: math.exp(-x * x / 2)
    edges = [AREA / height(TAIL), TAIL]
    for _ in range(254):
        edges.append(math.sqrt(-2 * math.log(AREA / edges[-1] + height(edges[-1]))))
    edges.append(0.0)
    return edges, [height(x) for x in edges]


EDGES, HEIGHTS = layers()


class Noise:
    """The noise of one segment of the walk with this seed."""

    def __init__(self, seed: int, segment: int):
        self.words = self.stream(key(seed), segment)

    @staticmethod
    def stream(seed_words: list[int], segment: int):
        counter = 0
        while True:
            yield from block(seed_words, counter, segment)
            counter += 1

    def bits(self) -> int:
        low = next(self.words)
        return low | next(self.words) << 32

    def normal(self) -> float:
        while True:
            bits = self.bits()
            layer, u = bits & 0xFF, 2.0 * (1.0 + (bits >> 12) * 2.0**-52) - 3.0
            x = u * EDGES[layer]
            if abs(x) < EDGES[layer + 1]:
                return x
            if layer == 0:
                return self.beyond(u)
            step = HEIGHTS[layer] - HEIGHTS[layer + 1]
            if HEIGHTS[layer + 1] + step * ((self.bits() >> 11) * 2.0**-53) < math.exp(-x * x / 2):
                return x

    def beyond(self, u: float) -> float:
        x, y = 1.0, 0.0
        while -2.0 * y < x * x:
            open_unit = lambda: 1.0 + (self.bits() >> 12) * 2.0**-52 - (1.0 - 2.0**-53)
            x, y = math.log(open_unit()) / TAIL, math.log(open_unit())
        return x - TAIL if u < 0 else TAIL - x

    def draw(self, *shape: int) -> torch.Tensor:
        return torch.tensor([self.normal() for _ in range(math.prod(shape))], dtype=torch.float32).view(shape)
