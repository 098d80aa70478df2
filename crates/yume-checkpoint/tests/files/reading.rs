//! What is in the files comes out of them, whatever the container.

use crate::common::{Scratch, data};
use burn::tensor::TensorData;
use yume_checkpoint::{Bytes, Element, Weights};

/// All values as f64, the widest type.
fn values(data: TensorData) -> Vec<f64> {
    data.try_into_vec_as::<f64>().unwrap()
}

#[test]
fn an_archive_and_a_safetensors_file_hold_the_same() {
    let archive = Weights::open(&data("small.pth")).unwrap();
    let plain = Weights::open(&data("small.safetensors")).unwrap();
    assert!(archive.names().eq(plain.names()));
    assert_eq!(archive.names().count(), 11);
    for name in plain.names() {
        let (ours, theirs) = (archive.stored(name).unwrap(), plain.stored(name).unwrap());
        assert_eq!((ours.element, &ours.shape), (theirs.element, &theirs.shape), "{name}");
        let (ours, theirs) = (archive.read(name).unwrap(), plain.read(name).unwrap());
        assert_eq!(ours.shape(), theirs.shape(), "{name}");
        assert_eq!(values(ours), values(theirs), "{name}");
    }
}

#[test]
fn values_are_those_that_were_written() {
    let weights = Weights::open(&data("small.pth")).unwrap();
    let ramp = |count: u32| (0..count).map(|i| f64::from(i) / 8.0 - 1.0).collect::<Vec<_>>();
    for (name, element, expected) in [
        ("f32", Element::F32, ramp(24)),
        ("f16", Element::F16, ramp(6)),
        ("bf16", Element::BF16, ramp(6)),
        ("f64", Element::F64, ramp(5)),
        ("i64", Element::I64, vec![1.0, -2.0, (1u64 << 40) as f64]),
        ("i32", Element::I32, vec![7.0, -7.0]),
        ("part", Element::F32, [8, 9, 10, 14, 15, 16].map(|i| f64::from(i) / 8.0 - 1.0).to_vec()),
        ("scalar", Element::F32, vec![0.5]),
        ("empty", Element::F32, vec![]),
    ] {
        assert_eq!(weights.stored(name).unwrap().element, element, "{name}");
        assert_eq!(values(weights.read(name).unwrap()), expected, "{name}");
    }
}

#[test]
fn a_state_dict_of_a_module_is_read_with_its_versions_ignored() {
    let weights = Weights::open(&data("state_dict.pth")).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["bias", "weight"]);
    assert_eq!(values(weights.read("weight").unwrap()), [0.25; 6]);
    assert_eq!(weights.bytes(), 36);
}

#[test]
fn embedded_bytes_need_no_file() {
    let content: &'static [u8] = include_bytes!("../data/small.safetensors");
    let weights = Weights::from_bytes(Bytes::Embedded(content), "small".as_ref()).unwrap();
    assert_eq!(values(weights.read("scalar").unwrap()), [0.5]);
}

#[test]
fn shards_are_joined_by_their_index() {
    let scratch = Scratch::new("shards");
    let shard = |name: &str, value: f32| {
        let header = format!(r#"{{"{name}":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}}"#);
        crate::common::safetensors(&header, &value.to_le_bytes())
    };
    scratch.write("m-1.safetensors", &shard("a", 1.0));
    scratch.write("m-2.safetensors", &shard("b", 2.0));
    let index = br#"{"metadata":{},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}"#;
    let index = scratch.write("m.safetensors.index.json", index);
    let weights = Weights::open(&index).unwrap();
    assert_eq!(values(weights.read("a").unwrap()), [1.0]);
    assert_eq!(values(weights.read("b").unwrap()), [2.0]);
}

/// A large archive has 64-bit numbers in its table of contents; this one has them without need.
#[test]
fn wide_tables_of_contents_are_read() {
    let pickle = b"\x80\x02}q\x00X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00\
        storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x10tQK\x02K\x03\x85K\x01\x85\
        \x89}tRs.";
    let mut file = crate::common::pth(pickle);
    let end = file.len() - 22;
    let directory = u32::from_le_bytes(file[end + 16..end + 20].try_into().unwrap());
    let mut record = b"PK\x06\x06".to_vec();
    record.extend([0; 20]);
    for number in [3u64, 3, 0, u64::from(directory)] {
        record.extend(number.to_le_bytes());
    }
    let mut tail = file.split_off(end);
    tail[8..12].fill(0xff);
    tail[16..20].fill(0xff);
    let locator = [b"PK\x06\x07\0\0\0\0", &(end as u64).to_le_bytes()[..], &[1, 0, 0, 0]].concat();
    file.extend([record, locator, tail].concat());
    let weights = Weights::from_bytes(Bytes::Owned(file.into()), "wide".as_ref()).unwrap();
    assert_eq!(weights.stored("a").unwrap().shape, [3]);
    assert_eq!(values(weights.read("a").unwrap()), [0.0; 3]);
}
