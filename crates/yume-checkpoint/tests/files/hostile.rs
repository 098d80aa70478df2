//! Files that are damaged or malicious are refused with a sentence, and never with a panic.

use std::fs;
use std::path::Path;

use crate::common::{Scratch, data, pth, safetensors, zip};
use yume_checkpoint::{Bytes, CheckpointError, Weights};

fn open(content: Vec<u8>) -> Result<Weights, CheckpointError> {
    Weights::from_bytes(Bytes::Owned(content.into()), Path::new("file"))
}

/// The message, which must be one line and end with the path.
fn refusal(result: Result<Weights, CheckpointError>, what: &str) -> String {
    let message = result.err().unwrap_or_else(|| panic!("{what} was accepted")).to_string();
    assert!(!message.contains('\n') && message.len() < 1000, "{what}: {message}");
    message
}

/// A tensor of `shape` and `strides` (pickled tuples) in a storage that claims `numbers`.
fn tensor(kind: &str, numbers: &[u8], offset: &[u8], shape: &[u8], strides: &[u8]) -> Vec<u8> {
    [
        b"\x80\x02}X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n",
        kind.as_bytes(),
        b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu",
        numbers,
        b"tQ",
        offset,
        shape,
        strides,
        b"\x89}tRs.",
    ]
    .concat()
}

#[test]
fn truncated_files() {
    for name in ["small.pth", "small.safetensors"] {
        let whole = fs::read(data(name)).unwrap();
        for part in 0..40 {
            let size = whole.len() * part / 40;
            refusal(open(whole[..size].to_vec()), &format!("{size} bytes of {name}"));
        }
        assert!(open(whole).is_ok());
    }
}

#[test]
fn flipped_bytes_never_panic() {
    for name in ["small.pth", "small.safetensors", "state_dict.pth"] {
        let whole = fs::read(data(name)).unwrap();
        for at in 0..whole.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut content = whole.clone();
                content[at] ^= flip;
                // Some flips change only a number or a name: then everything must be readable.
                if let Ok(weights) = open(content) {
                    for name in weights.names() {
                        let data = weights.read(name);
                        assert!(data.is_some(), "byte {at} of {name} flipped by {flip:#x}");
                    }
                }
            }
        }
    }
}

#[test]
fn headers_that_contradict_themselves() {
    let entry = |shape: &str, offsets: &str| {
        format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    let overlapping = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
        "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    let table = [
        ("beyond the end", entry("[4]", "[0,16]")),
        ("larger than its place", entry("[3]", "[0,8]")),
        ("shape overflows", entry("[4294967296,4294967296,4294967296]", "[0,8]")),
        ("offsets overflow", entry("[2]", "[18446744073709551608,18446744073709551615]")),
        ("backward", entry("[2]", "[8,0]")),
        ("negative", entry("[-2]", "[0,8]")),
        ("a hole before it", entry("[2]", "[4,12]")),
        ("overlapping", overlapping.to_owned()),
        ("unknown type", entry("[2]", "[0,8]").replace("F32", "F99")),
        ("no object", "[]".to_owned()),
        ("no JSON", "{\"a".to_owned()),
        ("deeply nested", "{\"a\":".repeat(100_000)),
    ];
    for (what, header) in table {
        let message = refusal(open(safetensors(&header, &[0; 8])), what);
        assert!(message.contains("damaged") && message.ends_with("file"), "{what}: {message}");
    }
}

#[test]
fn huge_lengths_are_refused() {
    for length in [u64::MAX, 1 << 63, 1 << 40, (8 << 20) + 1, 1000] {
        let mut content = length.to_le_bytes().to_vec();
        content.extend(b"{}");
        refusal(open(content), &format!("a header of {length} bytes"));
    }
}

#[test]
fn code_is_refused_by_name() {
    let call = |global: &[u8]| [b"\x80\x02", global, b"X\x04\x00\x00\x00echo\x85R."].concat();
    let table: [(Vec<u8>, &str); 9] = [
        (call(b"cos\nsystem\n"), "os.system"),
        (call(b"cposix\nsystem\n"), "posix.system"),
        (call(b"cbuiltins\neval\n"), "builtins.eval"),
        (call(b"ctorch\nload\n"), "torch.load"),
        (call(b"X\x02\x00\x00\x00osX\x06\x00\x00\x00system\x93"), "os.system"),
        (call(b"ccollections\nOrderedDict.__init__\n"), "collections.OrderedDict.__init__"),
        (b"\x80\x02(X\x04\x00\x00\x00echoios\nsystem\n.".to_vec(), "os.system"),
        (b"\x80\x02(X\x04\x00\x00\x00echoX\x01\x00\x00\x00aR.".to_vec(), ""),
        (b"\x80\x02}X\x01\x00\x00\x00a\x81.".to_vec(), "constructor"),
    ];
    for (pickle, name) in table {
        let message = refusal(open(pth(&pickle)), name);
        if !name.is_empty() {
            assert!(message.starts_with("refusing to run ") && message.contains(name), "{message}");
        }
    }
    let message = refusal(Weights::open(&data("module.pth")), "a whole module");
    assert!(message.contains("torch.nn.modules.linear.Linear"), "{message}");
}

#[test]
fn pickles_that_make_no_sense() {
    let deep = [b"\x80\x02)".to_vec(), vec![0x85; 500_000], b".".to_vec()].concat();
    let endless = [b"\x80\x02)".to_vec(), vec![b'2'; 7 << 20], b".".to_vec()].concat();
    let table: [(&str, Vec<u8>); 12] = [
        ("empty", Vec::new()),
        ("nothing on the stack", b"\x80\x02.".to_vec()),
        ("no mark", b"\x80\x02t.".to_vec()),
        ("memory never written", b"\x80\x02h\x05.".to_vec()),
        ("a number, not a dictionary", b"\x80\x02K\x01.".to_vec()),
        ("a huge text", b"\x80\x02X\xff\xff\xff\xffabc".to_vec()),
        ("a huge text, 64 bits", b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc".to_vec()),
        ("a dictionary in itself", b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.".to_vec()),
        ("deeply nested", deep),
        ("endless", endless),
        ("items for a number", b"\x80\x02K\x01K\x02K\x03s.".to_vec()),
        ("an empty dictionary", b"\x80\x02}.".to_vec()),
    ];
    for (what, pickle) in table {
        refusal(open(pth(&pickle)), what);
    }
}

#[test]
fn tensors_outside_their_storage() {
    const HUGE: &[u8] = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
    let tuple = |numbers: &[&[u8]]| [b"(", &numbers.concat()[..], b"t"].concat();
    let (three, one) = (tuple(&[b"K\x03"]), tuple(&[b"K\x01"]));
    assert!(open(pth(&tensor("FloatStorage", b"K\x10", b"K\x00", &three, &one))).is_ok());
    let minus = tuple(&[b"J\xff\xff\xff\xff"]);
    let table: [(&str, Vec<u8>); 9] = [
        ("storage too short", tensor("FloatStorage", b"K\x11", b"K\x00", &three, &one)),
        ("huge storage", tensor("FloatStorage", HUGE, b"K\x00", &three, &one)),
        ("offset beyond", tensor("FloatStorage", b"K\x10", b"K\x0e", &three, &one)),
        ("huge offset", tensor("FloatStorage", b"K\x10", HUGE, &three, &one)),
        ("huge stride", tensor("FloatStorage", b"K\x10", b"K\x00", &three, &tuple(&[HUGE]))),
        ("negative edge", tensor("FloatStorage", b"K\x10", b"K\x00", &minus, &one)),
        ("negative stride", tensor("FloatStorage", b"K\x10", b"K\x00", &three, &minus)),
        (
            "repeated",
            tensor("FloatStorage", b"K\x10", b"K\x00", &tuple(&[HUGE]), &tuple(&[b"K\x00"])),
        ),
        ("ranks differ", tensor("FloatStorage", b"K\x10", b"K\x00", &three, b")")),
    ];
    for (what, pickle) in table {
        let message = refusal(open(pth(&pickle)), what);
        assert!(message.contains("the tensor a lies outside its storage"), "{what}: {message}");
    }
    let unknown = tensor("ByteStorage", b"K\x10", b"K\x00", &three, &one);
    assert!(refusal(open(pth(&unknown)), "unknown storage").contains("torch.ByteStorage"));
}

#[test]
fn archives_of_another_kind() {
    for (name, part) in [
        ("legacy.pth", "older than 1.6"),
        ("compressed.pth", "compressed"),
        ("big_endian.pth", "not little-endian"),
        ("nested.pth", "save the state dict alone"),
    ] {
        let message = refusal(Weights::open(&data(name)), name);
        assert!(message.contains(part), "{name}: {message}");
    }
    let other = zip(&[("word/document.xml", b"<w/>")]);
    assert!(refusal(open(other), "a text document").contains("not one of PyTorch"));
    let twice = zip(&[("a/data.pkl", b"}."), ("a/data.pkl", b"}.")]);
    assert!(refusal(open(twice), "an entry twice").contains("twice"));
}

#[test]
fn indices_that_lead_astray() {
    let scratch = Scratch::new("astray");
    let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let shard = safetensors(header, &[0; 4]);
    scratch.write("one.safetensors", &shard);
    scratch.write("two.safetensors", &shard);
    scratch.write("outside.safetensors", &shard);
    for (index, part) in [
        (r#"{"weight_map":{"a":"../outside.safetensors"}}"#, "not a file beside it"),
        (r#"{"weight_map":{"a":"/etc/passwd"}}"#, "not a file beside it"),
        (r#"{"weight_map":{"a":"lost.safetensors"}}"#, "cannot read"),
        (r#"{"weight_map":{"b":"one.safetensors"}}"#, "looks for b in one.safetensors"),
        (r#"{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#, "also in another file"),
        (r#"{"weight_map":["a"]}"#, "damaged"),
        ("", "damaged"),
    ] {
        let path = scratch.write("folder/model.safetensors.index.json", index.as_bytes());
        fs::copy(scratch.path("one.safetensors"), scratch.path("folder/one.safetensors")).unwrap();
        fs::copy(scratch.path("two.safetensors"), scratch.path("folder/two.safetensors")).unwrap();
        let message = refusal(Weights::open(&path), index);
        assert!(message.contains(part), "{index}: {message}");
    }
}

#[test]
fn what_is_no_file() {
    let scratch = Scratch::new("no-file");
    refusal(Weights::open(&scratch.path("lost.pth")), "a missing file");
    refusal(Weights::open(&scratch.path("")), "a folder");
    refusal(Weights::open(&scratch.write("empty.safetensors", b"")), "an empty file");
}
