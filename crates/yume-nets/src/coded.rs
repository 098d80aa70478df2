//! Weights of matrix products in eight bits per number, one scale per row, decoded when they are used.

use burn::module::{Module, Param, ParamId};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use rayon::prelude::{IndexedParallelIterator as _, ParallelIterator as _, ParallelSliceMut as _};

use crate::integers::{LARGEST, multiplies_integers, product};
use crate::layers::to_dtype;

/// How a number becomes eight bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// An integer from -127 to 127.
    Int8,
    /// A float of 4 bits of exponent and 3 of mantissa ("e4m3", OCP 8-bit floating point, 2023).
    Fp8,
    /// As [`Coding::Int8`], and products are of integers: what is multiplied is coded as it comes.
    W8A8,
}

/// The largest float of e4m3.
const FP8_MAX: f32 = 448.0;

/// A weight matrix as it is held.
#[derive(Module, Debug)]
pub(crate) enum Matrix {
    /// In the precision of products.
    Plain(Param<Tensor<2>>),
    /// In eight bits.
    Coded(Coded),
}

/// A weight matrix in eight bits.
#[derive(Module, Debug)]
pub(crate) struct Coded {
    codes: Param<Tensor<2, Int>>, // [out, in]
    scales: Param<Tensor<2>>,     // [out, 1]
    #[module(skip)]
    coding: Coding,
    #[module(skip)]
    products: DType,
}

impl Matrix {
    /// Whether every number is held as products read it.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// The precision of what it is multiplied with; products of integers take what there is.
    pub(crate) fn reads(&self) -> Option<DType> {
        match self {
            Self::Plain(weight) => Some(weight.dtype()),
            Self::Coded(coded) => (coded.coding != Coding::W8A8).then_some(coded.products),
        }
    }

    /// `x W^T`, if it is a product of integers.
    pub(crate) fn integer_product<const D: usize>(&self, x: &Tensor<D>) -> Option<Tensor<D>> {
        match self {
            Self::Coded(coded) if coded.coding == Coding::W8A8 => {
                let (codes, scales) = (coded.codes.val(), coded.scales.val());
                Some(to_dtype(product(x.clone(), codes, scales), coded.products))
            }
            _ => None,
        }
    }

    /// `[out, in]`, in the precision of products.
    pub(crate) fn val(&self) -> Tensor<2> {
        match self {
            Self::Plain(weight) => weight.val(),
            Self::Coded(coded) => coded.val(),
        }
    }
}

impl Coded {
    /// Codes `data`; without data it takes no memory until it is used.
    pub(crate) fn new(
        data: Option<TensorData>,
        shape: [usize; 2],
        coding: Coding,
        device: &Device,
        products: DType,
    ) -> Self {
        let dtype = coding.dtype();
        let [rows, _] = shape;
        let (codes, scales) = match data {
            Some(data) => {
                let (codes, scales) = coding.encode(data, shape);
                let codes = Tensor::from_data(codes, (device, dtype));
                let scales = Tensor::from_data(scales, (device, DType::F32));
                (Param::initialized(ParamId::new(), codes), Param::from_tensor(scales))
            }
            None => (
                Param::uninitialized(
                    ParamId::new(),
                    move |device, _| Tensor::zeros(shape, (device, dtype)),
                    device.clone(),
                    false,
                    shape.into(),
                ),
                Param::uninitialized(
                    ParamId::new(),
                    move |device, _| Tensor::ones([rows, 1], (device, DType::F32)),
                    device.clone(),
                    false,
                    [rows, 1].into(),
                ),
            ),
        };
        Self { codes, scales, coding, products }
    }

    /// Bytes of a matrix of `shape`.
    pub(crate) fn bytes([rows, columns]: [usize; 2]) -> u64 {
        (rows * columns + rows * size_of::<f32>()) as u64
    }

    fn val(&self) -> Tensor<2> {
        let (codes, scales) = (self.codes.val(), self.scales.val());
        let weight = if codes.device() == Device::flex() {
            self.coding.decode_here(codes, scales)
        } else {
            self.coding.decode(codes, scales)
        };
        if self.products == DType::F32 { weight } else { weight.cast(self.products) }
    }
}

impl Coding {
    /// What is stored likewise and decoded for every product.
    #[must_use]
    pub fn of_weights_only(self) -> Self {
        match self {
            Self::Int8 | Self::W8A8 => Self::Int8,
            Self::Fp8 => Self::Fp8,
        }
    }

    /// Whether `device` can hold such weights, and multiply them.
    pub fn works_on(self, device: &Device) -> bool {
        match self {
            Self::Int8 | Self::Fp8 => device.supports_dtype(self.dtype()),
            Self::W8A8 => multiplies_integers(device),
        }
    }

    fn dtype(self) -> DType {
        match self {
            Self::Int8 | Self::W8A8 => DType::I8,
            Self::Fp8 => DType::U8,
        }
    }

    /// Codes and scales of a matrix, `[out, in]` and `[out, 1]`: the largest number of a row becomes
    /// the largest code.
    fn encode(self, data: TensorData, [rows, columns]: [usize; 2]) -> (TensorData, TensorData) {
        let numbers = data.convert::<f32>();
        let numbers: &[f32] = numbers.as_slice().expect("the data was just made f32");
        let mut codes = vec![0u8; rows * columns];
        let mut scales = vec![0.0f32; rows];
        codes.par_chunks_mut(columns).zip(scales.par_chunks_mut(1)).enumerate().for_each(
            |(row, (codes, scale))| {
                let numbers = &numbers[row * columns..][..columns];
                let largest = numbers.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
                let (limit, encode): (f32, fn(f32) -> u8) = match self {
                    Self::Int8 | Self::W8A8 => (LARGEST, |x| x.round_ties_even() as i8 as u8),
                    Self::Fp8 => (FP8_MAX, fp8_from_f32),
                };
                // A row of zeros keeps a scale that can be divided by.
                scale[0] = if largest > 0.0 { largest / limit } else { 1.0 };
                for (code, x) in codes.iter_mut().zip(numbers) {
                    *code = encode(x / scale[0]);
                }
            },
        );
        let shape = vec![rows, columns];
        let codes = match self {
            Self::Int8 | Self::W8A8 => {
                let codes: Vec<i8> = codes.into_iter().map(|code| code as i8).collect();
                TensorData::new(codes, shape)
            }
            Self::Fp8 => TensorData::new(codes, shape),
        };
        (codes, TensorData::new(scales, vec![rows, 1]))
    }

    /// Decodes on any device, in f32.
    fn decode(self, codes: Tensor<2, Int>, scales: Tensor<2>) -> Tensor<2> {
        let codes = codes.float().cast(DType::F32);
        match self {
            Self::Int8 | Self::W8A8 => codes * scales,
            Self::Fp8 => {
                let is_negative = codes.clone().greater_equal_elem(128.0).float();
                let magnitude = codes - is_negative.clone() * 128.0;
                let exponent = (magnitude.clone() / 8.0).floor();
                let mantissa = magnitude - exponent.clone() * 8.0;
                // Below the smallest exponent there is no leading one.
                let is_normal = exponent.clone().greater_elem(0.0).float();
                let power = (exponent.clamp_min(1.0) - 10.0) * std::f32::consts::LN_2;
                let sign = is_negative * -2.0 + 1.0;
                (mantissa + is_normal * 8.0) * power.exp() * sign * scales
            }
        }
    }

    /// Decodes on the processor, as one pass over memory.
    fn decode_here(self, codes: Tensor<2, Int>, scales: Tensor<2>) -> Tensor<2> {
        let [rows, columns] = codes.dims();
        let table: Vec<f32> = (0..=u8::MAX)
            .map(|code| match self {
                Self::Int8 | Self::W8A8 => f32::from(code as i8),
                Self::Fp8 => f32_from_fp8(code),
            })
            .collect();
        let device = codes.device();
        let codes = codes.into_data();
        let codes = codes.as_bytes();
        let scales = crate::cpu::values(scales);
        let mut out = vec![0.0f32; rows * columns];
        out.par_chunks_mut(columns).enumerate().for_each(|(row, out)| {
            let codes = &codes[row * columns..][..columns];
            for (x, &code) in out.iter_mut().zip(codes) {
                *x = table[usize::from(code)] * scales[row];
            }
        });
        Tensor::from_data(TensorData::new(out, [rows, columns]), (&device, DType::F32))
    }
}

/// The nearest e4m3, ties to even; too large numbers become the largest.
fn fp8_from_f32(x: f32) -> u8 {
    let sign = if x.is_sign_negative() { 0x80 } else { 0 };
    let x = x.abs().min(FP8_MAX);
    // Numbers of one exponent lie 2^(exponent - 3) apart, the smallest ones 2^-9.
    let exponent = ((x.to_bits() >> 23) as i32 - 127).max(-6);
    let steps = (x * 2.0f32.powi(3 - exponent)).round_ties_even() as i32;
    // Without a leading one the code is the number of steps; a carry goes into the exponent.
    sign | (((exponent + 6) << 3) + steps) as u8
}

fn f32_from_fp8(code: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(code >> 3 & 15), f32::from(code & 7));
    let leading = if exponent > 0 { 8.0 } else { 0.0 };
    let x = (leading + mantissa) * 2.0f32.powi(exponent.max(1) - 10);
    if code >= 0x80 { -x } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_of_eight_bits_survives() {
        // 0x7f and 0xff are no numbers; the two zeros are one.
        for code in (0..=u8::MAX).filter(|code| code & 0x7f != 0x7f) {
            assert_eq!(fp8_from_f32(f32_from_fp8(code)), code, "{code:#x}");
        }
        let table = [(448.0, 0x7e), (1.0, 0x38), (0.015_625, 0x08), (0.001_953_125, 0x01)];
        for (x, code) in table {
            assert_eq!((fp8_from_f32(x), f32_from_fp8(code)), (code, x), "{x}");
        }
        for (x, nearest) in [(1e9, 448.0), (17.0, 16.0), (19.0, 20.0), (-1.06, -1.0), (1e-9, 0.0)] {
            assert_eq!(f32_from_fp8(fp8_from_f32(x)), nearest, "{x}");
        }
    }

    #[test]
    fn decoding_is_the_same_everywhere_and_close_to_the_weights() {
        let device = Device::flex();
        let shape = [3, 400];
        let numbers: Vec<f32> = (0..1200)
            .map(|i| if i < 400 { 0.0 } else { (i as f32 * 0.7).sin() * (i as f32).sqrt() })
            .collect();
        // Half a step of the largest number; half a step of 3 bits of the number itself.
        for (coding, of_largest, of_itself) in
            [(Coding::Int8, 0.5 / 127.0, 0.0), (Coding::Fp8, 0.5 / 512.0 / 448.0, 1.0 / 16.0)]
        {
            let data = TensorData::new(numbers.clone(), shape);
            let coded = Coded::new(Some(data), shape, coding, &device, DType::F32);
            let (codes, scales) = (coded.codes.val(), coded.scales.val());
            assert_eq!(codes.dtype(), coding.dtype());
            let here = crate::cpu::values(coding.decode_here(codes.clone(), scales.clone()));
            let there = crate::cpu::values(coding.decode(codes, scales));
            for (i, x) in numbers.iter().enumerate() {
                let largest =
                    numbers[i / 400 * 400..][..400].iter().fold(0.0f32, |l, x| l.max(x.abs()));
                let allowed = largest * of_largest + x.abs() * of_itself;
                assert!((here[i] - x).abs() <= allowed * 1.001, "{coding:?} {i}: {x} {}", here[i]);
                assert!((here[i] - there[i]).abs() <= 1e-5 * x.abs(), "{coding:?} {i}");
            }
        }
    }
}
