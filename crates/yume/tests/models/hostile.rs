//! Files that somebody made to do harm: they are refused with one sentence, and nothing else happens.

use crate::corrupt::check;
use crate::folder::{CLIP, FACTS, Folder, INDEX, SHARDS, Sound, TEXT, VAE};

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
    let files = [
        (Sound::Embedded, "text.safetensors"),
        (Sound::Miniature, TEXT),
        (Sound::Miniature, CLIP),
        (Sound::Miniature, VAE),
    ];
    for (model, file) in files {
        let folder = Folder::of(model, "pickle");
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
            folder.write(file, &archive(&call(function)));
            check(&folder, name, &format!("refusing to run {name}"));
            assert!(!trace.exists(), "{name} was run from {file}");
        }
    }
}

/// A file of tensors without numbers: their shapes have an edge of 0.
fn empty_tensors(shapes: &[(&str, &[u64])]) -> Vec<u8> {
    let entry = |(name, shape): &(&str, &[u64])| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[0,0]}}"#)
    };
    let header = format!("{{{}}}", shapes.iter().map(entry).collect::<Vec<_>>().join(","));
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat()
}

#[test]
fn an_index_that_leads_astray() {
    let model = Sound::Miniature;
    let folder = Folder::of(model, "index");
    let whole = String::from_utf8(model.content(INDEX)).unwrap();
    let shard = SHARDS[0].split_once('/').unwrap().1;
    folder.write("outside.safetensors", &model.content(SHARDS[0]));
    folder.write("Yume-Dit/twice.safetensors", &model.content(SHARDS[0]));
    let first = format!("\"blocks.0.ffn.0.bias\": \"{shard}\"");
    assert!(whole.contains(&first));
    for (from, to, part) in [
        (shard, "../outside.safetensors", "not a file beside it"),
        (shard, "/etc/passwd", "not a file beside it"),
        (shard, "lost.safetensors", "cannot read a file of the model"),
        (&first, "\"blocks.0.ffn.0.bias\": \"twice.safetensors\"", "also in another file"),
        (&first, &format!("{first}, \"b\": \"{shard}\""), "looks for b in"),
        (&whole, "[]", "damaged"),
    ] {
        folder.write(INDEX, whole.replace(from, to).as_bytes());
        check(&folder, to, part);
    }
}

#[test]
fn shapes_that_nothing_has() {
    const HUGE: u64 = 1 << 60;
    for (file, shapes, part) in [
        (
            TEXT,
            &[("token_embedding.weight", &[HUGE, 0][..])][..],
            "text.vocab is 1152921504606846976",
        ),
        (TEXT, &[("blocks.0.attn.q.weight", &[0, 0])], "text.dim_attn is 0"),
        (CLIP, &[("visual.pos_embedding", &[1, HUGE, 0])], "clip.image_size is"),
        (CLIP, &[("visual.patch_embedding.weight", &[20, 3, 0, 0])], "missing"),
        (VAE, &[("encoder.conv1.weight", &[HUGE, 0])], "the width of a level of vae"),
        (SHARDS[0], &[("blocks.0.ffn.0.bias", &[0])], "damaged"),
    ] {
        let folder = Folder::of(Sound::Miniature, "shapes");
        folder.write(file, &empty_tensors(shapes));
        check(&folder, &format!("{shapes:?}"), part);
    }
    let folder = Folder::of(Sound::Miniature, "shapes");
    std::fs::remove_file(folder.path().join(INDEX)).unwrap();
    for (shapes, part) in [
        (("patch_embedding.weight", &[1 << 40, 36, 0][..]), "dit.dim is 1099511627776"),
        (("head.head.weight", &[0, 12]), "dit.out_dim is 0"),
        (("blocks.999999999999.modulation", &[0]), "missing"),
    ] {
        folder.write("Yume-Dit/diffusion_pytorch_model.safetensors", &empty_tensors(&[shapes]));
        check(&folder, &format!("{shapes:?}"), part);
    }
}

#[test]
fn facts_that_no_model_has() {
    let folder = Folder::of(Sound::Miniature, "facts");
    let nested = "[".repeat(100_000);
    for (json, part) in [
        ("", "EOF"),
        ("null", "invalid type"),
        (&nested, "invalid type"),
        ("{}", "dit.dim 12 does not divide into heads of 128"),
        (r#"{"heads":2}"#, "unknown field `heads`"),
        (r#"{"dit":{"num_heads":5},"clip":{"num_heads":2}}"#, "does not divide into 5 heads"),
        (r#"{"dit":{"num_heads":2},"clip":{"num_heads":0}}"#, "clip.num_heads is 0"),
        (
            r#"{"dit":{"num_heads":2},"clip":{"num_heads":2,"num_layers":1000000000}}"#,
            "clip.num_layers is 1000000000",
        ),
        (r#"{"frame":{"width":1e300},"dit":{"num_heads":2}}"#, "invalid type"),
        (
            r#"{"frame":{"width":8192,"height":8192},"dit":{"num_heads":2},"clip":{"num_heads":2}}"#,
            "the pixels of a frame is 67108864",
        ),
    ] {
        folder.write(FACTS, json.as_bytes());
        check(&folder, json.get(..40).unwrap_or(json), part);
    }
}
