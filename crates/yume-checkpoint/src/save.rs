//! Writes named tensors to a safetensors file, all or nothing.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{DType, Tensor, TensorData, bf16, f16};
use serde_json::json;

use crate::CheckpointError;

/// How numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// 16-bit floats of IEEE 754: rounded to 11 bits, infinite beyond 65504.
    F16,
    /// The upper half of 32-bit floats: rounded to 8 bits.
    BF16,
}

impl Precision {
    fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
        }
    }

    fn write(self, numbers: &[f32], to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::F32 => numbers.iter().try_for_each(|x| to.write_all(&x.to_le_bytes())),
            Self::F16 => {
                numbers.iter().try_for_each(|&x| to.write_all(&f16::from_f32(x).to_le_bytes()))
            }
            Self::BF16 => {
                numbers.iter().try_for_each(|&x| to.write_all(&bf16::from_f32(x).to_le_bytes()))
            }
        }
    }
}

/// The values of those parameters of `module` that `names` lists, in its order.
///
/// # Errors
/// If the module has no parameter of a listed id.
pub fn named_tensors<M: Module>(
    module: &M,
    names: &[(String, ParamId)],
) -> Result<Vec<(String, TensorData)>, CheckpointError> {
    let wanted = names.iter().map(|(_, id)| (*id, None)).collect();
    let mut values = Values(wanted);
    module.visit(&mut values);
    names
        .iter()
        .map(|(name, id)| {
            let data = values.0.get_mut(id).and_then(Option::take);
            let data = data.ok_or_else(|| CheckpointError::NoSuchParameter(name.clone()))?;
            Ok((name.clone(), data))
        })
        .collect()
}

struct Values(HashMap<ParamId, Option<TensorData>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(value) = self.0.get_mut(&param.id) {
            *value = Some(param.val().into_data());
        }
    }
}

/// Writes `tensors`, in their order, to a safetensors file, and `metadata` beside them. Either the
/// whole file is there afterwards or nothing has changed. The same input gives the same bytes.
///
/// # Errors
/// If the file cannot be written, or a tensor does not hold numbers.
pub fn save(
    path: &Path,
    tensors: &[(String, TensorData)],
    precision: Precision,
    metadata: &[(&str, &str)],
) -> Result<(), CheckpointError> {
    let partial = partial(path);
    let written =
        write(&partial, tensors, precision, metadata).and_then(|()| fs::rename(&partial, path));
    written.map_err(|source| {
        // The error to report is the first one; what is left of the file may stay if it must.
        let _ = fs::remove_file(&partial);
        CheckpointError::Write { source, path: path.to_owned() }
    })
}

/// Where the file grows: beside its place, so that renaming never copies.
fn partial(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

fn write(
    path: &Path,
    tensors: &[(String, TensorData)],
    precision: Precision,
    metadata: &[(&str, &str)],
) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let header = header(tensors, precision, metadata);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for (name, data) in tensors {
        let numbers = data.clone().try_cast(DType::F32).map_err(|error| invalid(name, error))?;
        let numbers = numbers.as_slice::<f32>().map_err(|error| invalid(name, error))?;
        precision.write(numbers, &mut file)?;
    }
    file.into_inner()?.sync_all()
}

fn invalid(name: &str, error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {error}"))
}

/// Padded with spaces, so that the numbers behind it are aligned.
fn header(
    tensors: &[(String, TensorData)],
    precision: Precision,
    metadata: &[(&str, &str)],
) -> String {
    let mut entries = BTreeMap::new();
    if !metadata.is_empty() {
        let texts: BTreeMap<_, _> = metadata.iter().copied().collect();
        entries.insert("__metadata__", json!(texts));
    }
    let mut at = 0;
    for (name, data) in tensors {
        let end = at + data.num_elements() * precision.size();
        let entry = json!({
            "dtype": precision.name(),
            "shape": data.shape().as_slice(),
            "data_offsets": [at, end],
        });
        entries.insert(name, entry);
        at = end;
    }
    let mut header = json!(entries).to_string();
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    header
}
