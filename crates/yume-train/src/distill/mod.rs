//! Step distillation: a student learns to reach in a few solver steps what its teacher, a model that
//! is already trained, reaches in many.
//!
//! Both make each segment from the same noise. The student samples as it will in use, all its steps
//! in a row and with its feature cache, and is drawn towards the teacher's result through all of
//! them. An adversary may judge the results beside that, as in the paper: frozen features of the
//! teacher's own blocks stand for the paper's DINO, which does not know this world.

mod begin;
mod config;
mod critic;
mod figures;
mod heads;
mod held_out;
mod run;
mod segments;
mod targets;

pub use begin::DistillStart;
pub use config::{Adversary, Distillation, Real, ReusedBlocks, Steps};
pub use figures::{Figures, Row};
pub use heads::{Heads, Logits, hinge, suspicion};
pub use run::DistillRun;
