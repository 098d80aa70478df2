//! Prints how long a picture takes on one thread: `cargo run --release -p yume-town --example town_speed`.

use std::time::Instant;

use yume_town::{Camera, Scene, TimeOfDay, Town, Weather, render};

const PLACES: u64 = 24;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let begun = Instant::now();
    let town = Town::new(0);
    println!("laying out a town: {:.1} ms", 1e3 * begun.elapsed().as_secs_f64());
    let scenes = [
        Scene::default(),
        Scene::new(TimeOfDay::Sunset, Weather::Clear),
        Scene::new(TimeOfDay::Night, Weather::Clear),
        Scene::new(TimeOfDay::Night, Weather::Rain),
    ];
    for (width, height) in [(96, 64), (192, 112)] {
        for scene in scenes {
            // The best of five for each place, so that other programs on the machine count less.
            let secs: f64 = (0..PLACES)
                .map(|place| {
                    let camera = Camera::of_walker(town.spawn(place));
                    let once = || {
                        let begun = Instant::now();
                        let frame = render(&town, &scene, &camera, width, height, 2);
                        assert_eq!(frame.width, width);
                        begun.elapsed().as_secs_f64()
                    };
                    one_thread.install(|| (0..5).map(|_| once()).fold(f64::INFINITY, f64::min))
                })
                .sum();
            let secs = secs / PLACES as f64;
            println!("{width}x{height}, 2x2 rays, {}: {:.2} ms", scene.words(), 1e3 * secs);
        }
    }
    Ok(())
}
