//! The lessons that are at hand: new ones come in and old ones go out at the pace of training.

use std::collections::VecDeque;
use std::sync::Arc;

use super::lesson::{Lesson, Teacher};
use crate::TrainError;
use crate::config::Pool;
use crate::data::Feed;
use crate::dice::{Dice, Purpose};

/// The newest lessons, at most as many as the configuration allows.
pub(crate) struct LessonPool {
    pool: Pool,
    batch: usize,
    feed: Feed<Lesson>,
    lessons: VecDeque<Lesson>,
    taken: u64,
}

/// Lessons that have come in by the time of `step`.
fn arrived(pool: &Pool, batch: usize, step: u64) -> u64 {
    let segments = step as f64 * batch as f64;
    pool.first + (segments / pool.segments_per_walk) as u64
}

/// How lessons come in.
pub(crate) struct Intake<'a> {
    /// How many, and when.
    pub pool: &'a Pool,
    /// Segments per step.
    pub batch: usize,
    /// Threads that make them.
    pub threads: usize,
    /// Decides them.
    pub seed: u64,
}

impl LessonPool {
    /// The pool of a run that goes on at `step`: it fills with the lessons that were at hand then.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub(crate) fn new(
        intake: &Intake<'_>,
        teacher: &Arc<Teacher>,
        step: u64,
    ) -> Result<Self, TrainError> {
        let Intake { pool, batch, threads, seed } = *intake;
        let first = arrived(pool, batch, step).saturating_sub(pool.most);
        let teacher = Arc::clone(teacher);
        let feed = Feed::spawn("town", threads, first, move |number| {
            teacher.lesson(&mut Dice::new(seed, Purpose::Lessons, number))
        })?;
        Ok(Self { pool: pool.clone(), batch, feed, lessons: VecDeque::new(), taken: first })
    }

    /// The lessons at hand at `step`; waits for those that are due.
    ///
    /// # Errors
    /// If a thread that makes them failed.
    pub(crate) fn at(&mut self, step: u64) -> Result<&VecDeque<Lesson>, TrainError> {
        while self.taken < arrived(&self.pool, self.batch, step) {
            self.lessons.push_back(self.feed.take()?);
            self.taken += 1;
            if self.lessons.len() as u64 > self.pool.most {
                self.lessons.pop_front();
            }
        }
        Ok(&self.lessons)
    }

    /// The number of the oldest lesson at hand.
    pub(crate) fn first(&self) -> u64 {
        self.taken - self.lessons.len() as u64
    }
}
