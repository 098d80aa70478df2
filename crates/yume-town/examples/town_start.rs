//! Writes one start picture:
//! `cargo run --release -p yume-town --example town_start -- out.png TOWN PLACE WIDTH HEIGHT [DISTRICT] [SCENE WORDS ...]`,
//! where TOWN and PLACE are seeds. Without a scene it is a clear noon, and without a district a little of everything.

use std::{error::Error, path::Path};

use yume_town::{Camera, District, Scene, Town, render};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, town, place, width, height, scene @ ..] = words.as_slice() else {
        return Err("say: OUT.png TOWN PLACE WIDTH HEIGHT [DISTRICT] [SCENE WORDS ...]".into());
    };
    let (district, scene) = match scene {
        [first, rest @ ..] => first.parse().map_or((District::Mixed, scene), |found| (found, rest)),
        [] => (District::Mixed, scene),
    };
    let scene: Scene = scene.join(" ").parse()?;
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    if ![width, height].iter().all(|side| (1..=8192).contains(side)) {
        return Err(format!(
            "a picture of {width}x{height} cannot be rendered; stay within 1 to 8192"
        )
        .into());
    }
    let town = Town::of(town.parse()?, district);
    let camera = Camera::of_walker(town.spawn(place.parse()?));
    render(&town, &scene, &camera, width, height, 4).write_png(Path::new(path))?;
    Ok(())
}
