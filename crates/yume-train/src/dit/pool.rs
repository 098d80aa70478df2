//! The lessons that are at hand: new ones come in and old ones go out at the pace of training.

use std::collections::VecDeque;
use std::sync::Arc;

use super::lesson::{Lesson, Teacher};
use crate::TrainError;
use crate::config::{DitTraining, TrainConfig};
use crate::data::Feed;
use crate::dice::{Dice, Purpose};

/// The newest lessons, at most as many as the configuration allows.
pub(crate) struct LessonPool {
    feed: Feed<Lesson>,
    lessons: VecDeque<Lesson>,
    taken: u64,
}

/// Lessons that have come in by the time of `step`.
fn arrived(config: &DitTraining, step: u64) -> u64 {
    let segments = step as f64 * config.batch as f64;
    config.pool.first + (segments / config.pool.segments_per_walk) as u64
}

impl LessonPool {
    /// The pool of a run that goes on at `step`: it fills with the lessons that were at hand then.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub(crate) fn new(
        config: &TrainConfig,
        teacher: &Arc<Teacher>,
        step: u64,
    ) -> Result<Self, TrainError> {
        let first = arrived(&config.dit, step).saturating_sub(config.dit.pool.most);
        let (teacher, seed) = (Arc::clone(teacher), config.seed);
        let feed = Feed::spawn("town", config.data.threads, first, move |number| {
            teacher.lesson(&mut Dice::new(seed, Purpose::Lessons, number))
        })?;
        Ok(Self { feed, lessons: VecDeque::new(), taken: first })
    }

    /// The lessons at hand at `step`; waits for those that are due.
    ///
    /// # Errors
    /// If a thread that makes them failed.
    pub(crate) fn at(
        &mut self,
        config: &DitTraining,
        step: u64,
    ) -> Result<&VecDeque<Lesson>, TrainError> {
        while self.taken < arrived(config, step) {
            self.lessons.push_back(self.feed.take()?);
            self.taken += 1;
            if self.lessons.len() as u64 > config.pool.most {
                self.lessons.pop_front();
            }
        }
        Ok(&self.lessons)
    }
}
