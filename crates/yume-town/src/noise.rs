//! Seeded randomness: a hash, smooth value noise and a small generator. Whole numbers only, so that a town is the same everywhere.

/// Spreads the bits of `x` (the "lowbias32" constants of Wellons' hash prospector).
#[inline]
pub(crate) fn hash(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

#[inline]
pub(crate) fn hash2(x: i32, y: i32, seed: u32) -> u32 {
    hash((x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77) ^ seed)
}

/// The upper bits of a hash as a number in [0, 1).
#[inline]
pub(crate) fn unit(h: u32) -> f32 {
    (h >> 8) as f32 * (1.0 / 16_777_216.0)
}

#[inline]
fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// `floor` as a whole number, cheaper than the library's where there is no rounding instruction.
#[inline]
pub(crate) fn floor(x: f32) -> i32 {
    let whole = x as i32;
    whole - i32::from((whole as f32) > x)
}

/// The nearest whole number of a number below four millions, for the same reason: the sum has no room for a fraction.
#[inline]
pub(crate) fn nearest(x: f32) -> f32 {
    const NO_FRACTION: f32 = 12_582_912.0;
    (x + NO_FRACTION) - NO_FRACTION
}

/// The part of a number above the next lower whole number, and that whole number.
#[inline]
pub(crate) fn split(x: f32) -> (f32, f32) {
    let near = nearest(x);
    let whole = if near > x { near - 1.0 } else { near };
    (x - whole, whole)
}

/// Close to `exp(-x)` for x >= 0, within 0.01, and the same on every machine.
#[inline]
pub(crate) fn fade(x: f32) -> f32 {
    1.0 / (1.0 + x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0)))))
}

/// Smooth noise in [0, 1] that repeats every `mask + 1` units; `mask + 1` is a power of two.
#[inline]
pub(crate) fn noise2(x: f32, y: f32, mask: i32, seed: u32) -> f32 {
    let (i, j) = (floor(x), floor(y));
    let (fx, fy) = (smooth(x - i as f32), smooth(y - j as f32));
    let at = |di: i32, dj: i32| unit(hash2((i + di) & mask, (j + dj) & mask, seed));
    let (top, bottom) = (lerp(at(0, 0), at(1, 0), fx), lerp(at(0, 1), at(1, 1), fx));
    lerp(top, bottom, fy)
}

/// Smooth noise in [0, 1] in space.
#[inline]
pub(crate) fn noise3(x: f32, y: f32, z: f32, seed: u32) -> f32 {
    let k = floor(z);
    let layer = |k: i32| noise2(x, y, -1, seed ^ hash(k as u32));
    lerp(layer(k), layer(k + 1), smooth(z - k as f32))
}

#[inline]
pub(crate) fn lerp(a: f32, b: f32, amount: f32) -> f32 {
    a + (b - a) * amount
}

/// `SplitMix64` (Steele, Lea and Flood 2014), for everything that is laid out once.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }

    /// A whole number in `low..=high`.
    pub(crate) fn within(&mut self, low: u32, high: u32) -> u32 {
        low + self.bits() % (high - low + 1)
    }

    /// A number in [low, high).
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        lerp(low, high, unit(self.bits()))
    }

    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        unit(self.bits()) < probability
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.bits() as usize % from.len()]
    }
}
