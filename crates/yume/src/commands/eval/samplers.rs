//! The ways to sample that `yume eval --compare samplers` compares, as they are typed.

use yume_checkpoint::ModelFiles;
use yume_eval::Entry;
use yume_session::BoxError;

use crate::sampling::Sampling;

/// The entry that the others are compared with: as many steps as in the paper.
pub(super) const REFERENCE: usize = 0;

/// Names and options. In `{late}` stand the blocks that lie where those of the published list lie.
const WAYS: [(&str, &str); 18] = [
    ("Euler, 50 steps", "--steps 50"),
    ("Euler, 14 steps", "--steps 14"),
    ("Euler, 8 steps", "--steps 8"),
    ("Euler, 4 steps", "--steps 4"),
    ("Euler, 2 steps", "--steps 2"),
    ("Euler, 1 step", "--steps 1"),
    ("SDE, 14 steps", "--steps 14 --solver sde"),
    ("TTS-ODE (2, 2), 14 steps", "--steps 14 --solver tts-ode"),
    ("TTS-ODE (5, 5), 14 steps", "--steps 14 --solver tts-ode --look-ahead 5 --interval 5"),
    ("TTS-SDE (2, 2), 14 steps", "--steps 14 --solver tts-sde"),
    ("TTS-SDE (5, 5), 14 steps", "--steps 14 --solver tts-sde --look-ahead 5 --interval 5"),
    ("AAM, means of 2 by 2, 14 steps", "--steps 14 --aam means2"),
    ("AAM, means of 4 by 4, 14 steps", "--steps 14 --aam means4"),
    ("AAM, published blur, 14 steps", "--steps 14 --aam published"),
    ("14 steps, cache as measured", "--steps 14 --cache auto"),
    ("14 steps, late half of the blocks for 4 passes", "--steps 14 --cache {late}/4"),
    ("14 steps, blocks 1 and 2 for 4 passes", "--steps 14 --cache 1,2/4"),
    ("Preset paper: TTS-SDE (5, 5), 50 steps", "--preset paper"),
];

/// The part of the depth at which the published list begins: block 20 of 40.
const LATE_FROM: f64 = 0.5;

/// Entries for a model, without the measured plan of the feature cache if it has none.
pub(super) fn entries(files: &ModelFiles) -> Result<Vec<Entry>, BoxError> {
    let layers = files.spec().dit.num_layers;
    let first = (layers as f64 * LATE_FROM).floor() as usize;
    let late: Vec<String> = (first..layers).map(|block| block.to_string()).collect();
    let entry = |(name, line): &(&str, &str)| {
        let sampling: Sampling = line.replace("{late}", &late.join(",")).parse()?;
        Ok(Entry { name: (*name).to_owned(), options: sampling.options(files)? })
    };
    let is_measured = files.cache_file()?.is_some();
    WAYS.iter().filter(|(_, line)| is_measured || !line.contains("auto")).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_model_can_be_sampled_in_every_way() {
        let files = yume::embedded::model_files().unwrap();
        let entries = entries(&files).unwrap();
        assert_eq!(entries[REFERENCE].options.steps, 50);
        for entry in entries {
            assert!(entry.options.evaluations(files.spec()).unwrap() > 0, "{}", entry.name);
        }
    }
}
