//! Writes the sheet of places that a walk in the embedded model comes to, one kind in each row:
//! `cargo run --release -p yume-town --example town_places -- out.jpg`.

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write as _},
};

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use yume_town::{Camera, District, Scene, Town, render};

const WIDTH: u32 = 192;
const HEIGHT: u32 = 112;
const ACROSS: usize = 5;
const QUALITY: u8 = 93;

/// Town and place of the pictures of a district, and the scenes they are shown in.
type Kinds = (District, [(u64, u64); ACROSS], &'static [&'static str]);

const KINDS: [Kinds; 6] = [
    (
        District::Mixed,
        [(2, 14), (5, 13), (0, 12), (7, 13), (2, 12)],
        &[
            "noon",
            "morning",
            "sunset",
            "night",
            "overcast",
            "rain overcast",
            "fog morning",
            "fog overcast",
            "autumn noon",
            "winter noon",
        ],
    ),
    (
        District::Park,
        [(4, 48), (7, 28), (1, 32), (0, 47), (3, 26)],
        &["noon", "sunset", "night", "autumn noon", "winter noon"],
    ),
    (
        District::Canal,
        [(3, 31), (6, 6), (1, 45), (0, 9), (5, 23)],
        &["noon", "sunset", "night", "autumn noon", "winter noon"],
    ),
    (District::Market, [(1, 24), (3, 22), (1, 22), (1, 25), (1, 21)], &["noon", "sunset", "night"]),
    (District::Towers, [(2, 12), (1, 24), (6, 20), (2, 36), (0, 40)], &["noon", "sunset", "night"]),
    (
        District::Village,
        [(1, 24), (0, 41), (5, 54), (1, 22), (0, 33)],
        &["noon", "sunset", "night", "autumn noon", "winter noon"],
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("say where to: OUT.jpg")?;
    let mut rows = 0;
    let mut rgb = Vec::new();
    for (district, places, scenes) in KINDS {
        let places = places.map(|(town, place)| {
            let town = Town::of(town, district);
            let camera = Camera::of_walker(town.spawn(place));
            (town, camera)
        });
        for scene in scenes {
            let scene: Scene = scene.parse()?;
            let pictures = places
                .each_ref()
                .map(|(town, camera)| render(town, &scene, camera, WIDTH, HEIGHT, 4).rgb);
            let line = 3 * WIDTH as usize;
            for row in 0..HEIGHT as usize {
                rgb.extend(pictures.iter().flat_map(|picture| &picture[row * line..][..line]));
            }
            rows += 1;
        }
    }
    let mut file = BufWriter::new(File::create(path)?);
    let (width, height) = (ACROSS as u32 * WIDTH, rows * HEIGHT);
    JpegEncoder::new_with_quality(&mut file, QUALITY).encode(
        &rgb,
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    file.flush()?;
    Ok(())
}
