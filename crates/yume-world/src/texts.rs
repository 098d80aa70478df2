//! Captions as the rows that cross-attention reads, each encoded once.
//!
//! The text encoder is the second largest network of a published model, and its answers are small.
//! They are remembered, on disk too where there is a store, and the encoder is loaded only for a
//! caption that is new.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use burn::module::Module as _;
use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::{CaptionStore, ModelFiles, Part, Tokenizer};
use yume_nets::text::TextEncoder;

use crate::model::load;
use crate::{Holding, WorldError};

/// Captions remembered in memory: all motions in three scenes. One of umT5-XXL has about 1.5 MB.
const REMEMBERED: usize = 256;

/// The text encoder and what it has said.
pub(crate) struct Texts {
    files: ModelFiles,
    device: Device,
    holding: Holding,
    tokenizer: Tokenizer,
    encoder: RefCell<Option<TextEncoder>>,
    rows: RefCell<HashMap<String, TensorData>>,
    store: Option<CaptionStore>,
    told: RefCell<HashSet<String>>,
}

impl Texts {
    /// Opens the tokenizer. The encoder is loaded when it is first needed if there is a `store` or
    /// it is lent, and else at once.
    pub(crate) fn open(
        files: &ModelFiles,
        device: &Device,
        holding: Holding,
        store: Option<CaptionStore>,
    ) -> Result<Self, WorldError> {
        let texts = Self {
            files: files.clone(),
            device: device.clone(),
            holding,
            tokenizer: files.tokenizer()?,
            encoder: RefCell::default(),
            rows: RefCell::default(),
            store,
            told: RefCell::default(),
        };
        if texts.store.is_none() && !holding.lends_encoders {
            texts.load()?;
        }
        Ok(texts)
    }

    /// The rows of a caption, `[1, tokens, dim]`.
    pub(crate) fn rows(&self, caption: &str) -> Result<Tensor<3>, WorldError> {
        self.learn(caption)?;
        let known = self.rows.borrow();
        Ok(self.tensor(known.get(caption).expect("it was just learnt").clone()))
    }

    /// Encodes a caption unless it is known.
    pub(crate) fn learn(&self, caption: &str) -> Result<(), WorldError> {
        if self.rows.borrow().contains_key(caption) {
            return Ok(());
        }
        let spec = self.files.spec();
        let (dim, longest) = (spec.text.dim, spec.dit.text_len);
        let stored = self.store.as_ref().and_then(|store| store.get(caption, dim, longest));
        let rows = match stored {
            Some(rows) => rows,
            None => {
                let rows = self.encode(caption)?.into_data().convert::<f32>();
                if let Some(store) = &self.store
                    && let Err(error) = store.put(caption, &rows)
                {
                    tracing::warn!("{error}; the caption is encoded again next time");
                }
                rows
            }
        };
        let mut known = self.rows.borrow_mut();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(caption.to_owned(), rows);
        Ok(())
    }

    /// Frees the encoder. It is loaded again for a caption that is new.
    pub(crate) fn release(&self) {
        if self.encoder.take().is_some() {
            self.device.memory_cleanup();
        }
    }

    /// Whether the encoder takes memory.
    pub(crate) fn is_loaded(&self) -> bool {
        self.encoder.borrow().is_some()
    }

    /// Whether the encoder knows a word.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.tokenizer.encode(word).unknown.is_empty()
    }

    fn load(&self) -> Result<(), WorldError> {
        let spec = self.files.spec();
        let Holding { precision, lends_encoders, .. } = self.holding;
        // One that is lent makes way for nothing: it passes through the device.
        let holding = Holding { streams_blocks: lends_encoders, ..precision.into() };
        let encoder = load(&self.files, Part::Text, &self.device, holding, |scope| {
            TextEncoder::init(scope, &spec.text)
        })?;
        // Nothing is trained here: without this every pass would prepare for a backward one.
        *self.encoder.borrow_mut() = Some(encoder.no_grad());
        Ok(())
    }

    fn encode(&self, caption: &str) -> Result<Tensor<3>, WorldError> {
        let encoded = self.tokenizer.encode(caption);
        for word in self.files.spec().unheard(encoded.unknown) {
            if self.told.borrow_mut().insert(word.clone()) {
                tracing::warn!("this model does not know the word \"{word}\"; it is left out");
            }
        }
        if !self.is_loaded() {
            self.load()?;
        }
        let encoder = self.encoder.borrow();
        Ok(encoder.as_ref().expect("it was just loaded").forward(&encoded.ids))
    }

    fn tensor(&self, rows: TensorData) -> Tensor<3> {
        let [count, dim] = rows.shape()[rows.shape().len() - 2..] else {
            unreachable!("two edges were taken")
        };
        let rows =
            TensorData::new(rows.try_into_vec::<f32>().expect("rows are f32"), [1, count, dim]);
        Tensor::from_data(rows, (&self.device, DType::F32))
    }
}
