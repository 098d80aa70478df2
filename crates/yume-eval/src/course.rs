//! What is walked: starts, motions, and what a camera in the procedural town would have seen.

use std::sync::Arc;

use yume_checkpoint::ModelSpec;
use yume_media::Frame;
use yume_motion::Motion;
use yume_motion::walk::Pose;
use yume_town::{Scene, Town, Walk, render_clip};

/// A town that the embedded model was not trained in.
pub const TOWN: u64 = 100;

/// The motions of the long walks, nine segments of two seconds each, after the kinds of Yume-Bench:
/// mostly ahead, also aside, back and tilting. The first is the long video of the paper, which goes
/// from aside to straight ahead after eight seconds.
pub const SCRIPTS: [&str; 8] = [
    "W+A*4,W*5",
    "W*9",
    "W:left*3,W:right*3,W*3",
    "W+D:right*3,W*3,W+A:left*3",
    ".:right*2,W*2,.:left*2,S*3",
    "W:up,W:down*2,W:up,W*2,.:down,W:up*2",
    "W+D*3,S:left*3,W+A:right*3",
    "W*2,W:left,W*2,W:right,W*3",
];

/// Rays across a pixel of true frames, as in the embedded model's training.
const SUPERSAMPLE: u32 = 2;
/// Places tried before one with something in the way will do.
const PLACES: u64 = 500;

/// One walk to make.
pub struct Course<'a> {
    /// Start and motions, for people.
    pub name: String,
    /// A segment each.
    pub motions: Vec<Motion>,
    /// Decides the noise of the walk.
    pub seed: u64,
    /// What is walked into instead of the place in the town.
    pub picture: Option<Frame>,
    /// Renders what a camera in the town sees under these motions, the start first.
    pub truth: Box<dyn Fn() -> Vec<Frame> + 'a>,
}

/// Which starts and motions are combined.
#[derive(Clone, Debug)]
pub struct Itinerary {
    /// Motions of each walk.
    pub scripts: Vec<Vec<Motion>>,
    /// Names and pictures to walk into; places in the town if there is none.
    pub pictures: Vec<(String, Frame)>,
    /// Starts of each script in the town.
    pub places: usize,
    /// Decides places and noise.
    pub seed: u64,
}

impl Itinerary {
    /// The walks for a model, whose frames and camera the town is seen with.
    pub fn courses(&self, spec: &ModelSpec) -> Vec<Course<'static>> {
        let town = Arc::new(Town::new(TOWN));
        let mut courses = Vec::new();
        let starts = if self.pictures.is_empty() { self.places } else { self.pictures.len() };
        for start in 0..starts {
            for motions in &self.scripts {
                let number = courses.len() as u64;
                let poses = free_way(&town, spec, motions, (self.seed << 32) + (number << 16));
                let picture = self.pictures.get(start);
                let from = picture.map_or(format!("place {}", start + 1), |(name, _)| name.clone());
                let (town, frame) = (Arc::clone(&town), spec.frame);
                let truth = move || {
                    let (width, height) = (frame.width as u32, frame.height as u32);
                    render_clip(&town, &Scene::default(), &poses, width, height, SUPERSAMPLE)
                };
                courses.push(Course {
                    name: format!("{from}: {}", written(motions)),
                    motions: motions.clone(),
                    seed: self.seed.wrapping_add(number),
                    picture: picture.map(|(_, frame)| frame.clone()),
                    truth: Box::new(truth),
                });
            }
        }
        courses
    }
}

/// The poses of a walk, its start first, from the first of some places where nothing stands in the
/// way, or the one where least does.
fn free_way(town: &Town, spec: &ModelSpec, motions: &[Motion], seed: u64) -> Vec<Pose> {
    let mut best: Option<(usize, Vec<Pose>)> = None;
    for place in 0..PLACES {
        let start = town.spawn(seed.wrapping_add(place));
        let mut walk = Walk::new(town, start, spec.walk);
        let (mut poses, mut blocked) = (vec![walk.pose()], 0);
        for &motion in motions {
            let walked = walk.segment(motion, spec.frame.segment_frames);
            blocked += walked.blocked;
            poses.extend(walked.poses);
        }
        if best.as_ref().is_none_or(|(least, _)| blocked < *least) {
            best = Some((blocked, poses));
        }
        if blocked == 0 {
            break;
        }
    }
    best.map(|(_, poses)| poses).unwrap_or_default()
}

/// Motions as a script, with counts.
fn written(motions: &[Motion]) -> String {
    let runs = motions.chunk_by(|a, b| a == b).map(|run| match run.len() {
        1 => run[0].to_string(),
        count => format!("{}*{count}", run[0]),
    });
    runs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use yume_motion::parse_script;

    use super::*;

    #[test]
    fn the_long_walks_take_eighteen_seconds_and_are_written_as_they_are_read() {
        for script in SCRIPTS {
            let motions = parse_script(script).unwrap();
            assert_eq!(motions.len(), 9, "{script}");
            assert_eq!(written(&motions), script);
        }
    }

    #[test]
    fn walks_repeat_and_nothing_stands_in_their_way() {
        let spec = ModelSpec::from_tiny_config(
            include_bytes!("../../../assets/tiny/config.json"),
            std::path::Path::new("config.json"),
        )
        .unwrap();
        let town = Town::new(TOWN);
        for (number, script) in SCRIPTS.iter().enumerate() {
            let motions = parse_script(script).unwrap();
            let poses = free_way(&town, &spec, &motions, 7 + number as u64);
            assert_eq!(poses.len(), 1 + 9 * spec.frame.segment_frames);
            assert_eq!(poses, free_way(&town, &spec, &motions, 7 + number as u64));
            let mut again = Walk::new(&town, poses[0], spec.walk);
            let blocked = |walk: &mut Walk<'_>| {
                let walked = motions.iter().map(|&motion| walk.segment(motion, 32).blocked);
                walked.sum::<usize>()
            };
            assert_eq!(blocked(&mut again), 0, "{script}");
        }
    }
}
