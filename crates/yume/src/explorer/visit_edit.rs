//! Changes of the world that runs: another picture in the place of the one on screen, another scene, another way to
//! sample.

use std::{path::PathBuf, time::Instant};

use tracing::info;

use super::Visit;
use crate::explorer::{ExplorerConfig, ExplorerEdit, UnknownWords, files::Order};

/// What the person says about the place.
pub(super) struct Said {
    text: String,
    unknown_words: UnknownWords,
}

impl Said {
    /// Nothing yet, to a model that may not know all words.
    pub(super) fn new(config: &ExplorerConfig) -> Self {
        Self { text: String::new(), unknown_words: config.unknown_words.clone() }
    }

    /// As it was said.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Visit {
    /// Goes on from a picture file, in the place of the picture on screen, once it is read.
    pub(in crate::explorer) fn go_on_from(&mut self, path: PathBuf) {
        info!("going on from {}", path.display());
        self.order(Order::ReadEdit(path));
    }

    /// Goes on from the picture that was written to be edited.
    pub(super) fn take_edit(&mut self) {
        match self.edited.clone() {
            Some(path) => self.go_on_from(path),
            None => self.complain(
                "There is no edited picture yet. Press E to write the present one to a file, edit it, and come back."
                    .into(),
            ),
        }
    }

    /// Stops, so that the picture which is edited is the one that is replaced.
    pub(super) fn write_edit(&mut self) {
        if let Some(frame) = self.shown.clone() {
            self.session.set_paused(true);
            self.order(Order::WriteEdit { frame, folder: self.recordings_dir.clone() });
        }
    }

    /// The place is like this from now on, in the world that runs and in those that follow.
    pub(super) fn set_scene(&mut self, text: &str, now: Instant) {
        if text == self.said.text {
            return;
        }
        text.clone_into(&mut self.said.text);
        if self.start.is_some() {
            self.edit(ExplorerEdit::Scene(text.to_owned()));
        }
        let unknown = (self.said.unknown_words)(text);
        let notice = match (text, &unknown[..]) {
            ("", _) => "No scene".to_owned(),
            (_, []) => "Another scene".to_owned(),
            (_, [word]) => format!("Unknown word: {word}"),
            (_, words) => format!("Unknown words: {}", words.join(", ")),
        };
        self.notice(notice, now);
    }

    /// Segments are sampled like this from now on, in the world that runs and in those that follow.
    pub(super) fn choose_preset(&mut self, place: usize, now: Instant) {
        let Some(preset) = self.presets.get(place) else { return };
        let (name, options) = (preset.name.clone(), preset.options.clone());
        if place == self.preset {
            return;
        }
        self.preset = place;
        if self.start.is_some() {
            self.edit(ExplorerEdit::Sampling(options));
        }
        self.notice(name, now);
    }

    /// As [`Self::choose_preset`], for the next one.
    pub(super) fn next_preset(&mut self, now: Instant) {
        let next = self.preset + 1;
        self.choose_preset(if next < self.presets.len() { next } else { 0 }, now);
    }

    /// Changes the world that runs, or says why not.
    pub(super) fn edit(&mut self, edit: ExplorerEdit) {
        if !self.session.edit(edit) {
            self.complain(
                "The world was not changed, because it has stopped or is still busy with earlier changes. Try again in a moment, or press R to begin again."
                    .into(),
            );
        }
    }
}
