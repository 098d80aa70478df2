//! How much of the first view is left after a walk that ends where it began, with the memory of the
//! walk and without it.
//!
//! `cargo bench --workspace --bench there_and_back` prints PSNR against the first view, in decibels,
//! means over the starts, and the least gain of one. After `--`, `--sheet FILE.png` also draws frames
//! of the walks, of each start first those without memory, then those with it; `--walk NAME` makes
//! walks of that name only, `--starts N` begins from the first N starts only, and `--start PICTURE`
//! from another picture.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_media::{Fit, Frame, read_picture};
use yume_motion::parse_script;
use yume_town::{Camera, Scene, Town, render};
use yume_world::pixels::planar;
use yume_world::{Model, Options, Outlet, Stage, Start, World};

/// A name, and motions with the frames of each that are kept. All end at rest where they began.
const WALKS: [(&str, &str); 5] = [
    ("90 degrees", ".:left*3/.:left@16/.:right*3/.:right@16/."),
    ("180 degrees", ".:left*7/.:right*7/."),
    ("ahead and back", "W*3/S*3/."),
    ("aside and back", "A*2/D*2/."),
    ("standing", ".*8"),
];

/// Places in the town, besides the start pictures of the model.
const PLACES: u64 = 6;
/// Of the frames of a walk, those on the sheet.
const EVERY: usize = 12;

#[derive(Default)]
struct Frames(Vec<Frame>);

impl Outlet for Frames {
    fn progress(&mut self, _: Stage, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        self.0.push(frame);
        ControlFlow::Continue(())
    }
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/tiny");
    let files = ModelFiles::from_folder(&folder).expect("the embedded model is in the repository");
    let model = Model::open(&files, &Device::flex(), DType::F32).expect("the model fits itself");
    let own = model.options();
    let mut world = World::new(model, &own).expect("the model's own options are valid");
    let argument = |name: &str| {
        let mut arguments = std::env::args().skip_while(|argument| argument != name);
        arguments.nth(1)
    };
    let sheet = argument("--sheet").map(PathBuf::from);
    let only = argument("--walk");
    let count: usize = argument("--starts").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let starts = match argument("--start") {
        Some(path) => vec![read_picture(Path::new(&path)).expect("the start is a picture")],
        None => starts(&folder),
    };
    let mut rows = Vec::new();
    let mut spent = [Vec::new(), Vec::new()];
    println!("{:<16} {:>9} {:>9} {:>9} {:>9}", "", "forgets", "recalls", "gain", "least");
    for (name, script) in WALKS {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let (mut sums, mut least) = ([0.0, 0.0], f64::INFINITY);
        let starts = &starts[..count.min(starts.len())];
        for (seed, start) in starts.iter().enumerate() {
            let mut found = [0.0; 2];
            for (forgets, found) in [true, false].into_iter().zip(&mut found) {
                world
                    .set_options(&Options { forgets, ..own.clone() })
                    .expect("the model's own options are valid");
                let frames =
                    walk(&mut world, start, script, seed as u64, &mut spent[usize::from(!forgets)]);
                *found = likeness(&frames[frames.len() - 1], &frames[0]);
                rows.push(frames.into_iter().step_by(EVERY).collect::<Vec<_>>());
            }
            sums = [sums[0] + found[0], sums[1] + found[1]];
            least = least.min(found[1] - found[0]);
        }
        let [without, with] = sums.map(|sum| sum / starts.len() as f64);
        let gain = with - without;
        println!("{name:<16} {without:>9.2} {with:>9.2} {gain:>+9.2} {least:>+9.2}");
    }
    for (name, spent) in ["forgets", "recalls"].into_iter().zip(&mut spent) {
        spent.sort_unstable();
        let middle = spent.get(spent.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
        println!("what comes before sampling, {name}: {middle:.1} ms (median of {})", spent.len());
    }
    if let Some(path) = sheet {
        draw(&rows).write_png(&path).expect("the sheet can be written");
    }
}

/// The start pictures of the model, and places in a town that it was not trained in.
fn starts(folder: &Path) -> Vec<Frame> {
    let entries = std::fs::read_dir(folder.join("starts")).expect("start pictures are here");
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    let pictures =
        paths.iter().map(|path| read_picture(path).expect("start pictures are readable"));
    let town = Town::new(100);
    let places = (0..PLACES).map(|seed| {
        let camera = Camera::of_walker(town.spawn(seed));
        render(&town, &Scene::default(), &camera, 192, 112, 2)
    });
    pictures.chain(places).collect()
}

fn walk(
    world: &mut World,
    start: &Frame,
    script: &str,
    seed: u64,
    spent: &mut Vec<Duration>,
) -> Vec<Frame> {
    let frames = vec![start.clone()];
    let start = Start { frames, fit: Fit::Crop, scene: String::new(), seed };
    let mut seen = Frames::default();
    world.begin(&start, &mut seen).map(drop).expect("the model begins");
    for part in script.split('/') {
        let (motions, kept) = part.split_once('@').unwrap_or((part, "32"));
        let kept: usize = kept.parse().expect("the scripts above are valid");
        for motion in parse_script(motions).expect("the scripts above are valid") {
            let before = seen.0.len();
            world.advance(motion, &mut seen).map(drop).expect("the model advances");
            spent.push(world.times().text);
            seen.0.truncate(before + world.cut(kept));
        }
    }
    seen.0
}

/// PSNR in decibels.
fn likeness(a: &Frame, b: &Frame) -> f64 {
    let (a, b) = (planar(a), planar(b));
    let squared: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    10.0 * (4.0 * a.len() as f64 / squared.max(1e-9)).log10()
}

/// A row of pictures for each walk.
fn draw(rows: &[Vec<Frame>]) -> Frame {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (wide, high) = (columns * 98, rows.len() * 66);
    let mut rgb = vec![40; 3 * wide * high];
    for (r, row) in rows.iter().enumerate() {
        for (c, frame) in row.iter().enumerate() {
            for (y, line) in frame.rgb.chunks_exact(3 * 96).enumerate() {
                let at = (r * 66 + y) * wide + c * 98;
                rgb[3 * at..][..line.len()].copy_from_slice(line);
            }
        }
    }
    Frame::new(wide as u32, high as u32, rgb)
}
