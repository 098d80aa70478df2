//! A window onto a fake world, for work on the window without a model: a field of soft shapes that moves by the motion.
//!
//! `cargo run --release -p yume --example fake_world -- [secs per segment] [seconds until exit] [picture]`

use std::{
    f32::consts::TAU, ops::ControlFlow, path::PathBuf, process::ExitCode, thread, time::Duration,
};

use yume::{
    explorer::{ExplorerConfig, ExplorerEdit, ExplorerStart, Sample, run},
    times::Times,
};
use yume_media::Frame;
use yume_motion::{
    Motion,
    walk::{Pose, WalkRule, WalkState},
    warp::WarpModel,
};
use yume_session::{
    BoxError, Generator, Loading, Outlet, Progress, Session, SessionConfig, Stage, Steering,
};

const RULE: WalkRule = WalkRule::TINY_V0;
const FRAMES: usize = 32;
const STEPS: u32 = 4;
const SIZE: [u32; 2] = [96, 64];

/// A walker over a picture that is far away: the world is the start picture, warped.
struct FakeWorld {
    secs_per_segment: f32,
    picture: Frame,
    /// Poses since the start picture.
    walked: Vec<Pose>,
    /// The walker after each segment, and how many poses there were.
    marks: Vec<(WalkState, usize)>,
}

impl Generator for FakeWorld {
    type Start = ExplorerStart;
    type Edit = ExplorerEdit;

    fn begin(
        &mut self,
        start: ExplorerStart,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        let newest = start.frames.last().ok_or("a walk begins from at least one picture")?;
        self.picture = newest.fit(SIZE[0], SIZE[1], start.fit);
        self.walked = vec![Pose::default()];
        self.marks = vec![(WalkState::default(), 1)];
        Ok(out.frame(self.picture.clone()))
    }

    fn advance(
        &mut self,
        motion: Motion,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        let nap = Duration::from_secs_f32(self.secs_per_segment / (2 * STEPS) as f32);
        for step in 0..STEPS {
            let progress = Progress { stage: Stage::Sampling, step, steps: STEPS };
            if out.progress(progress).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            thread::sleep(nap);
        }
        let (mut state, count) = self.marks.last().copied().unwrap_or_default();
        self.walked.truncate(count);
        let base = self.walked.last().copied().unwrap_or_default();
        let steps = state.advance(&RULE, motion, FRAMES);
        self.walked.extend(steps.iter().map(|step| {
            let (sin, cos) = base.yaw.sin_cos();
            Pose {
                x: base.x + cos * step.x - sin * step.y,
                y: base.y + sin * step.x + cos * step.y,
                yaw: base.yaw + step.yaw,
                pitch: step.pitch,
            }
        }));
        self.marks.push((state, self.walked.len()));
        for group in 0..FRAMES / 4 {
            let progress =
                Progress { stage: Stage::Decoding, step: group as u32, steps: FRAMES as u32 / 4 };
            if out.progress(progress).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            thread::sleep(nap / 2);
            for frame in 0..4 {
                let pose = self.walked[count + 4 * group + frame];
                if out.frame(seen(&self.picture, pose)).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn edit(
        &mut self,
        edit: ExplorerEdit,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        match edit {
            ExplorerEdit::Picture(picture) => {
                let start = ExplorerStart::picture(picture, 0);
                self.begin(start, out)
            }
            ExplorerEdit::Scene(_) | ExplorerEdit::Sampling(_) => Ok(ControlFlow::Continue(())),
        }
    }

    fn cut(&mut self, frames: usize) -> usize {
        let Some((_, _)) = self.marks.pop() else { return frames };
        let Some(&(state, count)) = self.marks.last() else { return frames };
        let kept = frames.next_multiple_of(4).min(FRAMES);
        if kept > 0 {
            self.marks.push((state, (count + kept).min(self.walked.len())));
        }
        kept
    }
}

fn seen(picture: &Frame, pose: Pose) -> Frame {
    let [width, height] = SIZE.map(|side| side as usize);
    let planes: Vec<f32> = (0..3)
        .flat_map(|plane| picture.rgb.iter().skip(plane).step_by(3).map(|&byte| f32::from(byte)))
        .collect();
    let warped = WarpModel::TINY_V0.warp(&planes, width, height, pose, 0.0);
    let area = width * height;
    let rgb = (0..3 * area).map(|at| warped[(at % 3) * area + at / 3].round() as u8).collect();
    Frame::new(SIZE[0], SIZE[1], rgb)
}

/// A dusk over hills, in the colors of `hue` (0 to 1).
fn dusk(hue: f32) -> Frame {
    let [width, height] = SIZE.map(|side| 4 * side);
    let rgb = (0..width * height).flat_map(|at| {
        let [x, y] = [(at % width) as f32 / width as f32, (at / width) as f32 / height as f32];
        let hill = 0.5 + 0.06 * (x * TAU * 1.5 + hue * 9.0).sin() + 0.03 * (x * TAU * 4.0).cos();
        let stripe = if ((x - 0.5) / (y - 0.42).max(0.02)).abs() < 0.5 { 40.0 } else { 0.0 };
        let tone = |phase: f32| 0.5 + 0.5 * (TAU * (hue + phase)).cos();
        [0.0, 0.33, 0.67].map(|phase| {
            let sky = 90.0 + 120.0 * tone(phase) * (1.0 - 0.5 * y) + 60.0 * y;
            let ground = 50.0 + 60.0 * tone(phase + 0.2) * y + stripe;
            (if y < hill { sky } else { ground }) as u8
        })
    });
    Frame::new(width, height, rgb.collect()).fit(SIZE[0], SIZE[1], yume_media::Fit::Stretch)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<f32>().ok());
    let secs_per_segment = number(0).unwrap_or(1.2).clamp(0.0, 60.0);
    let sample = |name: &str, hue| Sample { name: name.into(), frame: dusk(hue) };
    let config = ExplorerConfig {
        title: "Yume".into(),
        model_label: "Fake world".into(),
        device_label: "CPU, no network".into(),
        start: arguments.get(2).map(PathBuf::from),
        samples: vec![sample("evening", 0.02), sample("valley", 0.35), sample("night", 0.62)],
        warp: Some(WarpModel::TINY_V0),
        unknown_words: std::sync::Arc::new(|_| Vec::new()),
        knows_scenes: true,
        presets: Vec::new(),
        preset: 0,
        times: Times::default(),
        segment_secs: FRAMES as f64 / RULE.fps,
        walk: RULE,
        recordings_dir: std::env::temp_dir().join("yume-fake-world"),
        seed: 1,
        frame_times: true,
        exit_after: number(1).filter(|secs| *secs > 0.0).map(Duration::from_secs_f32),
    };
    let ended = run(config, |wake| {
        let session = SessionConfig {
            fps: RULE.fps as f32,
            lookahead_frames: FRAMES,
            steering: Steering::Cut,
        };
        let open = move |_: &Loading| {
            let (picture, walked, marks) = (dusk(0.0), Vec::new(), Vec::new());
            Ok(FakeWorld { secs_per_segment, picture, walked, marks })
        };
        Session::spawn(session, open, wake)
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
