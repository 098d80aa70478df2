//! Configurations and folders of models.

use std::fs;
use std::path::Path;

use crate::common::{Scratch, data, golden};
use serde_json::{Value, json};
use yume_checkpoint::{
    Fill, ModelFiles, ModelSpec, Part, Recall, TokenizerKind, clip_config, dit_config, text_config,
    vae_config,
};
use yume_motion::Phrasebook;
use yume_motion::seen::RecallRule;
use yume_motion::walk::WalkRule;
use yume_motion::warp::WarpModel;
use yume_nets::vae::Level;

fn tiny() -> Value {
    serde_json::from_slice(&fs::read(data("tiny_config.json")).unwrap()).unwrap()
}

fn spec(config: &Value) -> Result<ModelSpec, String> {
    let json = serde_json::to_vec(config).unwrap();
    ModelSpec::from_tiny_config(&json, Path::new("config.json")).map_err(|error| error.to_string())
}

#[test]
fn the_embedded_models_configuration_is_read() {
    let spec = spec(&tiny()).unwrap();
    assert_eq!((spec.name.as_str(), spec.frame.width, spec.frame.height), ("tiny-v0", 96, 64));
    assert_eq!((spec.frame.segment_frames, spec.frame.initial_copies), (32, 17));
    assert_eq!((spec.dit.dim, spec.dit.ffn_dim, spec.dit.history_tiers.len()), (160, 480, 3));
    assert_eq!((spec.text.dim_attn, spec.text.ffn, spec.text.vocab), (64, 128, 66));
    assert_eq!((spec.clip.dim, spec.clip.num_layers), (128, 2));
    assert_eq!((spec.sampler.steps, spec.sampler.shift, spec.sampler.guidance), (4, 7.0, 1.0));
    assert_eq!((spec.window, spec.history_cap), (8, Some(22)));
    assert_eq!(spec.fill, Fill::Warp(WarpModel::TINY_V0));
    let rule = RecallRule {
        pictures: 48,
        apart_metres: 0.75,
        apart_deg: 13.0,
        sharp_metres: 0.4,
        coarse_metres: 1.0,
        folds: false,
    };
    assert_eq!(spec.recall, Some(Recall { rule, trust: 1.0, begins_at: 1.0 }));
    assert_eq!(spec.walk, WalkRule::TINY_V0);
    assert_eq!(spec.phrasebook, Phrasebook::TINY);
    assert_eq!(spec.tokenizer, TokenizerKind::Words);
    let level = |input, output, kernel| Level { input, output, kernel };
    assert_eq!(spec.vae.encoder, [level(8, 8, 1), level(8, 16, 1), level(16, 32, 3)]);
    assert_eq!(spec.vae.decoder, [level(64, 64, 3), level(32, 32, 1), level(24, 24, 1)]);
    assert!(!spec.vae.has_encoder && spec.vae.skip.is_some_and(|skip| skip.feeds_decoder));
}

#[test]
fn missing_fields_have_the_published_values() {
    let mut config = tiny();
    for section in ["sampler", "motion", "warp", "recall", "prompt"] {
        config.as_object_mut().unwrap().remove(section);
    }
    for field in ["latent_frame_zero", "max_history_latents", "y_fill"] {
        config["dit"].as_object_mut().unwrap().remove(field);
    }
    let spec = spec(&config).unwrap();
    let published = ModelSpec::yume_i2v_540p();
    assert_eq!(spec.sampler, published.sampler);
    assert_eq!((spec.window, spec.history_cap), (9, None));
    assert_eq!((spec.fill, spec.recall), (Fill::Zeros, None));
}

#[test]
fn nonsense_is_refused_by_the_name_of_its_field() {
    let table = [
        ("/frame/width", json!(0)),
        ("/frame/width", json!(100)),
        ("/frame/height", json!(1_000_000)),
        ("/frame/fps", json!(0)),
        ("/frame/fps", json!(null)),
        ("/frame/segment_frames", json!(30)),
        ("/frame/initial_copies", json!(16)),
        ("/dit/dim", json!(0)),
        ("/dit/dim", json!(-160)),
        ("/dit/dim", json!(161)),
        ("/dit/dim", json!(u64::MAX)),
        ("/dit/num_heads", json!(7)),
        ("/dit/num_layers", json!(1_000_000_000)),
        ("/dit/in_dim", json!(35)),
        ("/dit/eps", json!(0)),
        ("/dit/patch_size", json!([1, 4, 4])),
        ("/dit/history_tiers", json!([2, 4])),
        ("/dit/history_tiers", json!([1, 3])),
        ("/dit/history_cap", json!("forget")),
        ("/dit/max_history_latents", json!(1)),
        ("/dit/latent_frame_zero", json!(0)),
        ("/dit/y_fill", json!("magic")),
        ("/dit/img_tokens", json!(36)),
        ("/dit/text_dim", json!(63)),
        ("/vae/z_dim", json!(0)),
        ("/vae/latent_mean", json!([0.0])),
        ("/vae/latent_std", json!([0.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])),
        ("/vae/latent_std/3", json!(1e300)),
        ("/vae/temporal", json!([true])),
        ("/vae/temporal", json!([true, false])),
        ("/vae/kt", json!([])),
        ("/vae/kt", json!([1, 1, 2])),
        ("/vae/enc_dims", json!([8, 16])),
        ("/vae/dec_dims", json!([0, 32, 64])),
        ("/vae/patch_size", json!(4)),
        ("/vae/encoder_branch", json!("other")),
        ("/text/vocab", json!(0)),
        ("/text/heads", json!(5)),
        ("/text/word_regex", json!(".*")),
        ("/text/tokenizer", json!("magic")),
        ("/clip/num_layers", json!(1)),
        ("/clip/patch_size", json!(0)),
        ("/clip/layers_run", json!(2)),
        ("/clip/std", json!([0, 0, 0])),
        ("/sampler/steps", json!(0)),
        ("/sampler/shift", json!(-1)),
        ("/sampler/guidance", json!(1e30)),
        ("/sampler/kind", json!("magic")),
        ("/motion/ramp", json!(0)),
        ("/motion/speed", json!(1e30)),
        ("/warp/hfov_deg", json!(180)),
        ("/recall/pictures", json!(0)),
        ("/recall/apart_m", json!(0)),
        ("/recall/apart_deg", json!(null)),
        ("/recall/trust", json!(1.5)),
        ("/depth", json!({})),
        ("/depth/patch_size", json!(0)),
        ("/depth/patch_size", json!(3)),
        ("/depth/dims/1", json!(0)),
        ("/depth/dims", json!([32, 64])),
        ("/depth/scale", json!(-1)),
        ("/prompt/prefix", json!("Once upon a time")),
        ("/prompt/key_sentences/W", json!("Person flies.")),
        ("/format_version", json!(2)),
    ];
    for (field, value) in table {
        let mut config = tiny();
        config["depth"] = json!({"patch_size": 4, "dims": [32, 64, 96], "scale": 0.1});
        assert!(spec(&config).unwrap().depth.is_some());
        *config.pointer_mut(field).unwrap() = value.clone();
        let message = spec(&config).err().unwrap_or_else(|| panic!("{field} = {value} passed"));
        assert!(
            message.starts_with("the configuration does not describe a model: ")
                && message.ends_with("config.json")
                && !message.contains('\n'),
            "{field} = {value}: {message}"
        );
    }
    for json in ["", "[]", "{}", "{\"name\":", "null", &"[".repeat(100_000)] {
        assert!(ModelSpec::from_tiny_config(json.as_bytes(), Path::new("c")).is_err(), "{json:.9}");
    }
}

#[test]
fn the_published_model_is_a_row_of_facts() {
    let spec = ModelSpec::yume_i2v_540p();
    assert_eq!((spec.frame.height, spec.frame.width, spec.frame.fps), (544, 960, 16.0));
    assert_eq!((spec.sampler.shift, spec.sampler.guidance), (3.0, 5.0));
    assert_eq!((spec.window, spec.history_cap, spec.fill), (9, None, Fill::Zeros));
    assert_eq!(spec.phrasebook, Phrasebook::YUME_1_0);
    assert!(spec.negative_prompt.starts_with(
        "Bright tones, overexposed, static, blurred details, subtitles, style, works, "
    ));
    assert!(spec.negative_prompt.ends_with("many people in the background, walking backwards"));
    assert!(!spec.negative_prompt.contains("  "));
    // All names of the published file are accepted or needed; those of training are left.
    for name in ["mask_token", "sideblock.norm3.weight"] {
        assert!(Part::Dit.leaves(name, &spec.clip), "{name}");
    }
    for name in [
        "textual.x",
        "log_scale",
        "visual.transformer.31.norm1.bias",
        "visual.post_norm.bias",
        "visual.head",
    ] {
        assert!(Part::Clip.leaves(name, &spec.clip), "{name}");
    }
    for name in ["visual.transformer.3.norm1.bias", "visual.transformer.310.norm1.bias", "other"] {
        assert!(!Part::Clip.leaves(name, &spec.clip), "{name}");
    }
}

#[test]
fn golden_configurations_name_the_same_sizes_in_other_words() {
    let read = |name: &str| fs::read(golden(name)).unwrap();
    let path = Path::new("config.json");
    let dit = dit_config(&read("dit/config.json"), path).unwrap();
    assert_eq!((dit.dim, dit.num_heads, dit.num_layers, dit.ffn_dim), (32, 2, 2, 48));
    assert_eq!((dit.img_dim, dit.img_tokens, dit.history_tiers), (24, 10, vec![1, 2, 4]));
    let text = text_config(&read("umt5/config.json"), path).unwrap();
    assert_eq!(
        (text.dim_attn, text.ffn, text.heads, text.layers, text.buckets),
        (32, 48, 4, 2, 32)
    );
    let clip = clip_config(&read("clip/config.json"), path).unwrap();
    assert_eq!((clip.image_size, clip.mlp_ratio, clip.num_layers), (28, 2, 3));
    let vae = vae_config(&read("vae/config.json"), path).unwrap();
    assert_eq!((vae.encoder[3].output, vae.temporal), (12, vec![false, true, true]));
    for json in [
        r#"{"dim":0}"#,
        r#"{"dim":1,"dim_mult":[1,1,1,1]}"#,
        r#"{"dim_mult":[]}"#,
        r#"{"z_dim":4}"#,
        "{",
    ] {
        assert!(vae_config(json.as_bytes(), path).is_err(), "{json}");
    }
}

#[test]
fn a_folder_says_what_it_lacks() {
    let scratch = Scratch::new("folder");
    let message =
        |folder: &str| ModelFiles::from_folder(&scratch.path(folder)).unwrap_err().to_string();
    assert!(message("lost").contains("the model lacks its folder"));
    scratch.write("empty/note.txt", b"");
    assert!(message("empty").contains("lacks all of Yume-Dit/, transformer/ and config.json"));
    scratch.write("published/Yume-Dit/readme", b"");
    scratch.write("published/config.json", b"not JSON");
    scratch.write("published/Wan2.1_VAE.pth", b"");
    assert!(message("published").contains(
        "the model lacks Yume-Dit/diffusion_pytorch_model.safetensors, \
         models_t5_umt5-xxl-enc-bf16.pth, \
         models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth, google/umt5-xxl/tokenizer.json;"
    ));
    scratch.write("tiny/config.json", b"{}");
    assert!(message("tiny").contains(
        "lacks dit.safetensors, vae.safetensors, text.safetensors, clip.safetensors, words.json;"
    ));
    for name in ["dit", "vae", "text", "clip"] {
        scratch.write(&format!("tiny/{name}.safetensors"), b"");
    }
    scratch.write("tiny/words.json", br#"{"first_id":2,"pad":0,"end":1,"words":["a"]}"#);
    assert!(message("tiny").contains("missing field"), "{}", message("tiny"));
    scratch.write("tiny/config.json", &fs::read(data("tiny_config.json")).unwrap());
    let files = ModelFiles::from_folder(&scratch.path("tiny")).unwrap();
    assert_eq!(files.spec().name, "tiny-v0");
    assert_eq!(files.tokenizer().unwrap().encode("a b").ids, [2, 1]);
    assert!(files.loader(Part::Dit).is_err(), "an empty file is no network");
}

#[test]
fn a_published_folder_is_known_by_its_files() {
    let scratch = Scratch::new("published");
    for name in [
        "Yume-Dit/diffusion_pytorch_model.safetensors",
        "Wan2.1_VAE.pth",
        "models_t5_umt5-xxl-enc-bf16.pth",
        "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth",
    ] {
        scratch.write(name, &fs::read(data("small.safetensors")).unwrap());
    }
    scratch.write("google/umt5-xxl/tokenizer.json", &fs::read(data("tokenizer.json")).unwrap());
    let files = ModelFiles::from_folder(&scratch.path("")).unwrap();
    assert_eq!(files.spec(), &ModelSpec::yume_i2v_540p());
    assert_eq!(files.tokenizer().unwrap().encode("walk").ids, [4, 1]);
    assert_eq!(files.loader(Part::Vae).unwrap().weights().names().count(), 11);
}

#[test]
fn an_embedded_model_needs_no_folder() {
    let config: &'static [u8] = include_bytes!("../data/tiny_config.json");
    let weights: &'static [u8] = include_bytes!("../data/small.safetensors");
    let words = r#"{"first_id":2,"pad":0,"end":1,"words":["(·)"]}"#.as_bytes();
    let mut embedded: Vec<(&'static str, &'static [u8])> =
        vec![("config.json", config), ("words.json", words)];
    let message = ModelFiles::from_embedded(&embedded).unwrap_err().to_string();
    assert!(message.contains("lacks dit.safetensors, vae.safetensors"), "{message}");
    for name in ["dit.safetensors", "vae.safetensors", "text.safetensors", "clip.safetensors"] {
        embedded.push((name, weights));
    }
    let files = ModelFiles::from_embedded(&embedded).unwrap();
    assert!(files.loader(Part::Clip).unwrap().weights().stored("f32").is_some());
    assert_eq!(files.tokenizer().unwrap().encode("(·)").ids, [2, 1]);
}
