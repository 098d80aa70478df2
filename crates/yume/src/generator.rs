//! A world as the session drives it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use yume_media::{Fit, Frame};
use yume_motion::Motion;
use yume_session::{BoxError, Generator, Outlet, Progress, Stage};
use yume_world::{Start, World};

use crate::explorer::{ExplorerEdit, ExplorerStart};
use crate::times::Times;

/// Drives a [`World`] for a session or a script.
pub struct WorldGenerator {
    world: World,
    times: Times,
    /// How the start was fitted; an edited picture is fitted likewise.
    fit: Fit,
    /// Whether a scene is learnt when it is first heard of.
    learns_scenes: bool,
}

impl WorldGenerator {
    /// A generator of `world`, which writes down in `times` what its segments took.
    pub fn new(world: World, times: Times) -> Self {
        Self { world, times, fit: Fit::Crop, learns_scenes: false }
    }

    /// Encodes the captions of all motions as soon as a scene is known, if the model lends its text
    /// encoder: it is loaded once then, and not for every new motion.
    #[must_use]
    pub fn learning_scenes(self) -> Self {
        Self { learns_scenes: true, ..self }
    }

    fn learn(&self, scene: &str, out: &mut dyn Outlet) -> Result<ControlFlow<()>, BoxError> {
        if !self.learns_scenes || !self.world.model().holding().lends_encoders {
            return Ok(ControlFlow::Continue(()));
        }
        let captions = Motion::all().map(|motion| (motion, scene.to_owned()));
        Ok(self.world.learn(captions, &mut |done, all| {
            out.progress(Progress { stage: Stage::Text, step: done as u32, steps: all as u32 })
        })?)
    }

    /// The world it drives.
    pub fn world(&self) -> &World {
        &self.world
    }
}

impl Generator for WorldGenerator {
    type Start = ExplorerStart;
    type Edit = ExplorerEdit;

    fn begin(
        &mut self,
        start: ExplorerStart,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        let ExplorerStart { frames, fit, scene, seed, sampling } = start;
        self.fit = fit;
        if let Some(options) = sampling {
            self.world.set_options(&options)?;
        }
        let start = Start { frames, fit, scene, seed };
        let flow = self.world.begin(&start, &mut Adapter::new(out))?;
        if flow.is_break() { Ok(flow) } else { self.learn(&start.scene, out) }
    }

    fn advance(
        &mut self,
        motion: Motion,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        let mut out = Adapter::new(out);
        let flow = self.world.advance(motion, &mut out)?;
        if flow.is_continue() {
            let mut times = self.world.times();
            // Frames wait for the playhead to make room, which nobody computes for.
            times.decoding = times.decoding.saturating_sub(out.waited);
            self.times.push(times);
        }
        Ok(flow)
    }

    fn edit(
        &mut self,
        edit: ExplorerEdit,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        match edit {
            ExplorerEdit::Picture(picture) => {
                Ok(self.world.replace(&picture, self.fit, &mut Adapter::new(out))?)
            }
            ExplorerEdit::Scene(scene) => {
                self.world.set_scene(scene.clone())?;
                self.learn(&scene, out)
            }
            ExplorerEdit::Sampling(options) => {
                self.world.set_options(&options)?;
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn cut(&mut self, frames: usize) -> usize {
        self.world.cut(frames)
    }
}

struct Adapter<'a> {
    out: &'a mut dyn Outlet,
    /// Time that handing over frames took.
    waited: Duration,
}

impl<'a> Adapter<'a> {
    fn new(out: &'a mut dyn Outlet) -> Self {
        Self { out, waited: Duration::ZERO }
    }
}

impl yume_world::Outlet for Adapter<'_> {
    fn progress(&mut self, stage: yume_world::Stage, step: usize, steps: usize) -> ControlFlow<()> {
        let stage = match stage {
            yume_world::Stage::Text => Stage::Text,
            yume_world::Stage::Sampling => Stage::Sampling,
            yume_world::Stage::Decoding => Stage::Decoding,
        };
        self.out.progress(Progress { stage, step: step as u32, steps: steps as u32 })
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        let asked = Instant::now();
        let flow = self.out.frame(frame);
        self.waited += asked.elapsed();
        flow
    }
}
