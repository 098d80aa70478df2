//! The networks that are measured.

use burn::module::Module as _;
use burn::tensor::{DType, Device};
use yume_checkpoint::{ModelFiles, ModelSpec, Part};
use yume_nets::clip::ClipVision;
use yume_nets::depth::Depth;
use yume_nets::dit::Dit;
use yume_nets::text::TextEncoder;
use yume_nets::vae::Vae;
use yume_nets::{Drawn, Scope};

use crate::model::load;
use crate::{Holding, Precision, WorldError};

/// Every network of a model, on its device.
pub struct Networks {
    spec: ModelSpec,
    device: Device,
    precision: Precision,
    pub(super) dit: Dit,
    pub(super) vae: Vae,
    pub(super) text: TextEncoder,
    pub(super) clip: ClipVision,
    /// Only the embedded model has one.
    pub(super) depth: Option<Depth>,
}

impl Networks {
    /// Those of `files`, held as a walk holds them.
    ///
    /// # Errors
    /// If a file is missing, damaged, or does not fit the networks.
    pub fn open(
        files: &ModelFiles,
        device: &Device,
        precision: Precision,
    ) -> Result<Self, WorldError> {
        let spec = files.spec().clone();
        let plain = Precision::from(precision.matrices).into();
        let held = Holding::from(precision);
        let dit = load(files, Part::Dit, device, held, |scope| Dit::init(scope, &spec.dit))?;
        let vae =
            load(files, Part::Vae, device, held.vae().into(), |scope| Vae::init(scope, &spec.vae))?;
        let text =
            load(files, Part::Text, device, held, |scope| TextEncoder::init(scope, &spec.text))?;
        let clip =
            load(files, Part::Clip, device, plain, |scope| ClipVision::init(scope, &spec.clip))?;
        let whole = Precision::from(DType::F32).into();
        let sizes = spec.depth.as_ref();
        let depth = sizes.map(|sizes| {
            load(files, Part::Depth, device, whole, |scope| Depth::init(scope, sizes))
        });
        let depth = depth.transpose()?;
        Ok(Self::new(spec, device, precision, (dit, vae, text, clip, depth)))
    }

    /// Networks of the sizes of `spec` with random weights, which are drawn on the device: they
    /// take the time that real ones take, and need no file.
    pub fn drawn(spec: ModelSpec, device: &Device, precision: Precision) -> Self {
        device.seed(0);
        let source = &mut Drawn;
        let Precision { matrices, coding } = precision;
        let dit =
            Dit::init(&mut Scope::root(source, device, matrices).with_coding(coding), &spec.dit);
        let vae = Vae::init(&mut Scope::root(source, device, DType::F32), &spec.vae);
        let text = TextEncoder::init(
            &mut Scope::root(source, device, matrices).with_coding(coding),
            &spec.text,
        );
        let clip = ClipVision::init(&mut Scope::root(source, device, matrices), &spec.clip);
        let root = |sizes| Depth::init(&mut Scope::root(source, device, DType::F32), sizes);
        let depth = spec.depth.as_ref().map(root);
        Self::new(spec, device, precision, (dit, vae, text, clip, depth))
    }

    fn new(
        spec: ModelSpec,
        device: &Device,
        precision: Precision,
        (dit, vae, text, clip, depth): (Dit, Vae, TextEncoder, ClipVision, Option<Depth>),
    ) -> Self {
        // Without this every pass would prepare for a backward one.
        let (dit, vae) = (dit.no_grad(), vae.no_grad());
        let (text, clip) = (text.no_grad(), clip.no_grad());
        let depth = depth.map(Depth::no_grad);
        Self { spec, device: device.clone(), precision, dit, vae, text, clip, depth }
    }

    /// The facts of the model.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Where they are.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// How weights are held.
    pub fn precision(&self) -> Precision {
        self.precision
    }
}
