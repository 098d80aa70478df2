//! Three numbers: a point in metres, a direction, or a colour whose 1.0 is white.

use std::ops::{Add, Mul, Neg, Sub};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Vec3 {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}

pub(crate) const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

/// A colour written as the eight-bit values of a picture.
pub(crate) const fn rgb(red: u8, green: u8, blue: u8) -> Vec3 {
    vec3(red as f32 / 255.0, green as f32 / 255.0, blue as f32 / 255.0)
}

impl Vec3 {
    pub(crate) const ZERO: Self = vec3(0.0, 0.0, 0.0);
    pub(crate) const UP: Self = vec3(0.0, 0.0, 1.0);

    pub(crate) const fn splat(v: f32) -> Self {
        vec3(v, v, v)
    }

    #[inline]
    pub(crate) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    #[inline]
    pub(crate) fn normalized(self) -> Self {
        self * (1.0 / self.dot(self).max(1e-24).sqrt())
    }

    /// Product of each pair of entries, as light falling on a coloured surface.
    #[inline]
    pub(crate) fn times(self, other: Self) -> Self {
        vec3(self.x * other.x, self.y * other.y, self.z * other.z)
    }

    /// `self` at 0, `other` at 1.
    #[inline]
    pub(crate) fn mix(self, other: Self, amount: f32) -> Self {
        self + (other - self) * amount
    }

    /// The direction of a ray of direction `self` after a mirror with this unit normal.
    #[inline]
    pub(crate) fn mirrored(self, normal: Self) -> Self {
        self - normal * (2.0 * self.dot(normal))
    }
}

impl Add for Vec3 {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        vec3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        vec3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    #[inline]
    fn mul(self, k: f32) -> Self {
        vec3(self.x * k, self.y * k, self.z * k)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        self * -1.0
    }
}
