//! Writes a contact sheet of the town: `cargo run --release -p yume-town --example town_sheet -- out.png [width height [scale]]`.
//! One row per scene, one column per place, in a new town per row; `scale` repeats pixels so that small pictures can be judged.

use std::{error::Error, path::Path};

use yume_media::Frame;
use yume_town::{Camera, Scene, Town, render};

const COLUMNS: u32 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let path = words.first().map_or("town.png", String::as_str);
    let number = |at: usize, or: u32| words.get(at).map_or(Ok(or), |word| word.parse());
    let (width, height, scale) = (number(1, 480)?, number(2, 270)?, number(3, 1)?);
    let scenes = [
        "noon",
        "morning",
        "sunset",
        "overcast",
        "night",
        "foggy noon",
        "rainy overcast",
        "rainy night",
        "autumn noon",
        "foggy autumn morning",
        "winter noon",
        "winter night",
    ];
    let (wide, high) = (width * scale, height * scale);
    let sheet_width = (wide * COLUMNS) as usize;
    let mut sheet = vec![0; 3 * sheet_width * (high as usize * scenes.len())];
    for (row, words) in scenes.iter().enumerate() {
        let scene: Scene = words.parse()?;
        let town = Town::new(row as u64);
        for column in 0..COLUMNS as usize {
            let pose = town.spawn(column as u64);
            let scene = Scene { sun_azimuth: 0.9 + column as f32 * 1.7, ..scene };
            let frame = render(&town, &scene, &Camera::of_walker(pose), width, height, 2);
            for y in 0..high as usize {
                let line = (row * high as usize + y) * sheet_width + column * wide as usize;
                for x in 0..wide as usize {
                    let from = 3 * ((y / scale as usize) * width as usize + x / scale as usize);
                    sheet[3 * (line + x)..][..3].copy_from_slice(&frame.rgb[from..from + 3]);
                }
            }
        }
    }
    Frame::new(wide * COLUMNS, high * scenes.len() as u32, sheet).write_png(Path::new(path))?;
    Ok(())
}
