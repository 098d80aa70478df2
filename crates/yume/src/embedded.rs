//! The model that is part of the program: a tiny Yume, trained on procedural towns.

use yume_checkpoint::{CheckpointError, ModelFiles};
use yume_media::{Frame, MediaError, decode_picture};

/// Its name, as `yume models` shows it.
pub const NAME: &str = "tiny-v4";

/// What it is, for a person.
pub const LABEL: &str = "embedded small model";

macro_rules! asset {
    ($file:literal) => {
        ($file, include_bytes!(concat!("../../../assets/tiny/", $file)).as_slice())
    };
}

const FILES: [(&str, &[u8]); 9] = [
    asset!("config.json"),
    asset!("words.json"),
    asset!("dit.safetensors"),
    asset!("vae.safetensors"),
    asset!("text.safetensors"),
    asset!("clip.safetensors"),
    asset!("depth.safetensors"),
    asset!("feature_cache.json"),
    asset!("places.jpg"),
];

const STARTS: [(&str, &[u8]); 18] = [
    asset!("starts/avenue.png"),
    asset!("starts/canal.png"),
    asset!("starts/lake.png"),
    asset!("starts/village.png"),
    asset!("starts/towers.png"),
    asset!("starts/shops.png"),
    asset!("starts/night.png"),
    asset!("starts/winter.png"),
    asset!("starts/sunset.png"),
    asset!("starts/autumn.png"),
    asset!("starts/rain.png"),
    asset!("starts/fog.png"),
    asset!("starts/morning.png"),
    asset!("starts/overcast.png"),
    asset!("starts/corner.png"),
    asset!("starts/crossing.png"),
    asset!("starts/park.png"),
    asset!("starts/square.png"),
];

/// The model's files.
///
/// # Errors
/// If the embedded configuration does not parse, which a test rules out.
pub fn model_files() -> Result<ModelFiles, CheckpointError> {
    ModelFiles::from_embedded(&FILES)
}

/// Bytes of all files of the model.
pub fn model_bytes() -> usize {
    FILES.iter().map(|(_, bytes)| bytes.len()).sum()
}

/// The built-in start pictures and their names.
///
/// # Errors
/// If a picture does not decode, which a test rules out.
pub fn starts() -> Result<Vec<(String, Frame)>, MediaError> {
    STARTS
        .iter()
        .map(|(path, bytes)| {
            let name = path.trim_start_matches("starts/").trim_end_matches(".png");
            Ok((name.to_owned(), decode_picture(bytes, name)?))
        })
        .collect()
}

/// Words that a person may use for a start picture, besides its name; places first, then light, weather
/// and season.
const WORDS: [(&str, &[&str]); 18] = [
    ("avenue", &["boulevard", "road", "street"]),
    ("corner", &["bend", "turning"]),
    ("crossing", &["crossroads", "intersection", "junction"]),
    ("park", &["garden", "green", "lawn", "meadow", "tree", "trees"]),
    ("shops", &["arcade", "market", "shop", "shopping", "store", "stores"]),
    ("square", &["plaza", "piazza"]),
    ("canal", &["quay", "river", "water"]),
    ("lake", &["pond"]),
    ("towers", &["downtown", "skyscraper", "skyscrapers", "tower"]),
    ("village", &["cottage", "cottages", "suburb"]),
    ("morning", &["dawn", "sunrise"]),
    ("sunset", &["dusk", "evening", "twilight"]),
    ("night", &["midnight", "dark"]),
    ("overcast", &["cloudy", "grey", "gray"]),
    ("fog", &["foggy", "mist", "misty"]),
    ("rain", &["rainy", "wet"]),
    ("autumn", &["fall", "leaves"]),
    ("winter", &["snow", "snowy"]),
];

/// The name of the start picture that a description speaks of. The model draws nothing from words:
/// they choose among what is there.
#[must_use]
pub fn start_for(description: &str) -> Option<&'static str> {
    let said: Vec<String> = description
        .split(|letter: char| !letter.is_alphanumeric())
        .map(str::to_lowercase)
        .collect();
    // A name says more than a word such as "street", which fits all of them.
    let is_said = |word: &str| said.iter().any(|said| said == word);
    let named = WORDS.iter().find(|(name, _)| is_said(name));
    let meant = || WORDS.iter().rev().find(|(_, words)| words.iter().any(|word| is_said(word)));
    named.or_else(meant).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_choose_a_start_that_exists() {
        let names: Vec<_> = super::starts().unwrap().into_iter().map(|(name, _)| name).collect();
        for (name, words) in super::WORDS {
            assert!(names.iter().any(|known| known == name), "{name}");
            for word in words.iter().chain([&name]) {
                let text = format!("a quiet {}, as it was", word.to_uppercase());
                assert_eq!(super::start_for(&text), Some(name), "{word}");
            }
        }
        for (text, expected) in [
            ("the street at the park", Some("park")),
            ("a street with trees", Some("park")),
            ("a street", Some("avenue")),
            ("a park at night", Some("park")),
            ("a wet street", Some("rain")),
            ("Tokyo at night, parking", Some("night")),
            ("Tokyo, parking", None),
            ("", None),
        ] {
            assert_eq!(super::start_for(text), expected, "{text:?}");
        }
    }

    #[test]
    fn everything_embedded_is_usable() {
        let files = super::model_files().unwrap();
        let plan = files.cache_file().unwrap().expect("its feature cache was measured");
        assert!(plan.conditional.iter().all(|&block| block < files.spec().dit.num_layers));
        assert_eq!(super::starts().unwrap().len(), super::STARTS.len());
        assert!(super::model_bytes() <= 20 << 20, "the embedded model is to stay below 20 MB");
    }
}
