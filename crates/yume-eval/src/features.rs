//! Features of frames, from the only network at hand that sees pictures: the model's own image tower.

use yume_world::{Model, WorldError};

/// What the tower says of one frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Features {
    /// Its class token: what the picture shows as a whole.
    pub subject: Vec<f32>,
    /// The mean of its patch tokens: what surfaces it is made of, wherever they are.
    pub background: Vec<f32>,
}

impl Features {
    /// Those of a planar frame of the model's size.
    pub(crate) fn of(model: &Model, frame: &[f32]) -> Result<Self, WorldError> {
        let tokens = model.image_features(frame)?; // [1, 1 + patches, dim]
        let [_, _, dim] = tokens.dims();
        let values = tokens.into_data().convert::<f32>();
        let values = values.try_into_vec::<f32>().expect("it was just made f32");
        let (class, patches) = values.split_at(dim);
        let mut background = vec![0.0; dim];
        for patch in patches.chunks_exact(dim) {
            background.iter_mut().zip(patch).for_each(|(sum, value)| *sum += value);
        }
        let count = (patches.len() / dim).max(1) as f32;
        background.iter_mut().for_each(|sum| *sum /= count);
        Ok(Self { subject: class.to_vec(), background })
    }
}
