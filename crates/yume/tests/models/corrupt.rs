//! Every way to spoil one file of a model ends in one sentence and exit code 1.

use std::path::Path;

use crate::folder::{Folder, original, sentence, walk, yume};
use yume_checkpoint::{Bytes, Precision, Weights, save};

/// Both ways to look at the folder refuse it with a sentence that holds `part`.
fn check(folder: &Folder, what: &str, part: &str) {
    let path = folder.path().to_str().unwrap();
    for output in [yume(folder.path(), &["models", "verify", path]), walk(folder.path(), path)] {
        let said = sentence(&output, what);
        assert!(said.contains(part), "{what}: {said}");
    }
}

#[test]
fn a_whole_model_is_accepted_with_the_same_limits() {
    let folder = Folder::model("whole");
    let path = folder.path().to_str().unwrap();
    for output in [yume(folder.path(), &["models", "verify", path]), walk(folder.path(), path)] {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
    }
}

#[test]
fn files_that_end_early() {
    let folder = Folder::model("early");
    for file in ["dit.safetensors", "vae.safetensors", "words.json", "config.json"] {
        let whole = original(file);
        // JSON may end with spaces that it does not need.
        let needed =
            if file.ends_with(".json") { whole.trim_ascii_end().len() } else { whole.len() };
        for part in 0..20 {
            folder.write(file, &whole[..needed * part / 20]);
            check(&folder, &format!("{part} twentieths of {file}"), file);
        }
        folder.restore(file);
    }
}

#[test]
fn headers_with_a_wrong_byte() {
    let folder = Folder::model("byte");
    let file = "text.safetensors";
    let whole = original(file);
    let find = |text: &str| {
        whole.windows(text.len()).position(|window| window == text.as_bytes()).unwrap()
    };
    let places = [0, 1, 3, 7, 8, find("dtype"), find("shape") + 8, find("data_offsets") + 15];
    for at in places.into_iter().chain([find("norm")]) {
        let mut content = whole.clone();
        content[at] ^= 0x04;
        folder.write(file, &content);
        check(&folder, &format!("byte {at}"), file);
    }
}

#[test]
fn tensors_of_another_kind() {
    let folder = Folder::model("kind");
    let file = "clip.safetensors";
    let whole = original(file);
    let weights = Weights::from_bytes(Bytes::Owned(whole.clone().into()), Path::new(file)).unwrap();
    let tensors: Vec<_> =
        weights.names().map(|name| (name.to_owned(), weights.read(name).unwrap())).collect();
    let path = folder.path().join(file);

    let more = [&tensors[..], &[("mystery".to_owned(), tensors[0].1.clone())]].concat();
    save(&path, &more, Precision::F16, &[]).unwrap();
    check(&folder, "an extra tensor", "1 unexpected: mystery");

    save(&path, &tensors[1..], Precision::F16, &[]).unwrap();
    check(&folder, "a lost tensor", &format!("1 missing: {}", tensors[0].0));

    save(&path, &tensors, Precision::F16, &[]).unwrap();
    let written = std::fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&written);
    let at = text.find("\"F16\"").unwrap();
    let mut content = written.clone();
    content[at..at + 5].copy_from_slice(b"\"I16\"");
    folder.write(file, &content);
    check(&folder, "another type", "1 no floats");
    folder.restore(file);

    std::fs::remove_file(&path).unwrap();
    check(&folder, "a missing file", "the model lacks clip.safetensors");
}

/// A zip archive of `PyTorch` with one pickle, its checksums left out.
fn archive(pickle: &[u8]) -> Vec<u8> {
    let name = b"a/data.pkl";
    let size = (pickle.len() as u32).to_le_bytes();
    let common = [&[20, 0], &[0; 12][..], &size, &size, &[name.len() as u8, 0, 0, 0]].concat();
    let local = [b"PK\x03\x04", &common[..], name, pickle].concat();
    let central = [b"PK\x01\x02\x14\0", &common[..], &[0; 14], name].concat();
    let at = (local.len() as u32).to_le_bytes();
    let length = (central.len() as u32).to_le_bytes();
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &length[..], &at, &[0, 0]].concat();
    [local, central, end].concat()
}

#[test]
fn pickles_that_would_run_something() {
    let folder = Folder::model("pickle");
    let trace = folder.path().join("trace");
    let command = format!("touch {}", trace.display());
    let call = |function: &[u8]| {
        let size = (command.len() as u32).to_le_bytes();
        [b"\x80\x02", function, b"X", &size, command.as_bytes(), b"\x85R."].concat()
    };
    for (function, name) in [
        (&b"cos\nsystem\n"[..], "os.system"),
        (b"cbuiltins\nexec\n", "builtins.exec"),
        (b"csubprocess\ncheck_output\n", "subprocess.check_output"),
    ] {
        // The content decides what a file is, not its name.
        folder.write("text.safetensors", &archive(&call(function)));
        check(&folder, name, &format!("refusing to run {name}"));
        assert!(!trace.exists(), "{name} was run");
    }
}

#[test]
fn an_index_that_leads_astray() {
    let folder = Folder::empty("index");
    let shard = |name: &str| {
        let header = format!(r#"{{"{name}":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}}"#);
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat()
    };
    for file in [
        "Wan2.1_VAE.pth",
        "models_t5_umt5-xxl-enc-bf16.pth",
        "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth",
        "google/umt5-xxl/tokenizer.json",
    ] {
        folder.write(file, b"");
    }
    folder.write("outside.safetensors", &shard("a"));
    folder.write("Yume-Dit/one.safetensors", &shard("a"));
    folder.write("Yume-Dit/two.safetensors", &shard("a"));
    let path = folder.path().to_str().unwrap();
    for (index, part) in [
        (r#"{"a":"../outside.safetensors"}"#, "not a file beside it"),
        (r#"{"a":"/etc/passwd"}"#, "not a file beside it"),
        (r#"{"a":"one.safetensors","b":"lost.safetensors"}"#, "cannot read a file of the model"),
        (r#"{"a":"one.safetensors","b":"two.safetensors"}"#, "also in another file"),
        (r#"{"b":"one.safetensors"}"#, "looks for b in one.safetensors"),
        ("[]", "damaged"),
    ] {
        let text = format!(r#"{{"weight_map":{index}}}"#);
        folder.write("Yume-Dit/diffusion_pytorch_model.safetensors.index.json", text.as_bytes());
        // The DiT is loaded first, so that the empty files are never reached.
        let said = sentence(&walk(folder.path(), path), index);
        assert!(said.contains(part), "{index}: {said}");
    }
}
