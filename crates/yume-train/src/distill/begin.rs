//! How a run of step distillation begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::module::Module as _;
use burn::tensor::Device;
use serde_json::Value;
use yume_checkpoint::{ModelSpec, Part};
use yume_nets::Scope;
use yume_nets::dit::Dit;
use yume_nets::vae::Vae;

use super::critic::Critic;
use super::held_out::Trial;
use super::run::DistillRun;
use super::segments::Reader;
use super::targets::Targets;
use crate::TrainError;
use crate::config::TrainConfig;
use crate::data::Grounds;
use crate::dit::begin::channel_weights;
use crate::dit::lesson::Teacher as LessonMaker;
use crate::dit::plans::Plans;
use crate::dit::pool::{Intake, LessonPool};
use crate::dit::{Networks, start};
use crate::export;
use crate::optimizer::{Optimizer, OptimizerState};
use crate::parameters::Parameters;
use crate::run::CHECKPOINT;
use crate::shards::Shards;
use crate::state::State;

/// What the first weights of the student are.
pub enum DistillStart {
    /// The teacher's.
    Teacher,
    /// Those in this folder, such as a student of more steps.
    From(PathBuf),
    /// A run that was stopped.
    Resume(Box<State>),
}

/// What a checkpoint, or a model, gives to a run.
#[derive(Default)]
struct Begun {
    step: u64,
    recipe: Option<String>,
    weights: Parameters,
    optimizer: Option<OptimizerState>,
    targets: Targets,
    from: Option<PathBuf>,
}

impl DistillRun {
    /// Prepares a run on `device` for the model in the folder `teacher`, whose `config.json` and
    /// `words.json` take the place of those in the recipe.
    ///
    /// # Errors
    /// If the recipe has no part for distillation, or the start or the teacher do not fit it.
    pub fn new(
        mut config: TrainConfig,
        teacher: &Path,
        device: &Device,
        begin: DistillStart,
    ) -> Result<Self, TrainError> {
        let place = Path::new("the recipe");
        let Some(settings) = config.distill.clone() else {
            return Err(TrainError::config("it has no part named \"distill\"", place));
        };
        adopt(&mut config, teacher)?;
        let spec = config.spec(&teacher.join("config.json"))?;
        let tokenizer = config.tokenizer(&spec, &teacher.join("words.json"))?;
        let layers = spec.dit.num_layers;
        let caches = settings.caches(layers).map_err(|reason| TrainError::config(reason, place))?;
        let begun = Begun::new(begin, &spec, teacher)?;

        let networks = start::continued(config.seed, &spec, teacher)?;
        let (networks, _) =
            networks.build(device, teacher, |scope| Networks::init(scope, &spec))?;
        let networks = networks.no_grad();
        let mut vae = Parameters::fresh(0, |scope| Vae::init(scope, &spec.vae));
        vae.overlay(&teacher.join("vae.safetensors"), "", |_| false)?;
        let vae_on = |device: &Device| -> Result<Vae, TrainError> {
            let (vae, _) = vae.build(device, teacher, |scope| Vae::init(scope, &spec.vae))?;
            Ok(vae.no_grad())
        };
        let size = (spec.frame.height, spec.frame.width);
        let grounds = Arc::new(Grounds::new(&config, spec.walk, size));
        let relit_share = config.dit.relit_share;
        let shown = vae_on(&Device::flex())?;
        let maker = Arc::new(LessonMaker::new(grounds, shown, spec.clone(), relit_share));

        let autodiff = device.clone().autodiff();
        let (student, names) =
            begun.weights.under("dit.").build(&autodiff, teacher, |scope| dit(scope, &spec))?;
        let mut optimizer = Optimizer::new(settings.optimizer.clone(), &student, names.clone());
        begun.restore(&mut optimizer, "dit.")?;
        let critic = match &settings.adversary {
            Some(adversary) if adversary.blocks.iter().any(|&block| block >= layers) => {
                let reason = "distill.adversary.blocks names one that the model does not have";
                return Err(TrainError::config(reason, place));
            }
            Some(adversary) => {
                let (eye, _) =
                    dit_in(teacher, &spec)?.build(&autodiff, teacher, |scope| dit(scope, &spec))?;
                let dim = spec.dit.dim;
                let heads = match &begun.recipe {
                    Some(_) => begun.weights.under(Critic::PREFIX),
                    None => Critic::fresh(adversary, dim, config.seed),
                };
                let mut critic = Critic::new(adversary, eye, dim, &autodiff, &heads)?;
                begun.restore(&mut critic.optimizer, Critic::PREFIX)?;
                Some(critic)
            }
            None => None,
        };
        let reader = Reader {
            networks: &networks,
            spec: &spec,
            tokenizer: &tokenizer,
            device,
            seed: config.seed,
        };
        let many = settings.teacher.sampling()?;
        let held_out = Trial::all(reader, &maker, settings.held_out_walks, &many)?;
        let intake = Intake {
            pool: &settings.pool,
            batch: settings.batch,
            threads: config.data.threads,
            seed: config.seed,
        };
        let run = Self {
            pool: LessonPool::new(&intake, &maker, begun.step)?,
            shards: Shards::new(settings.shards)?,
            channel_weights: channel_weights(&vae, &spec, settings.channel_power),
            few: settings.student.sampling()?,
            plans: Plans::new(spec.clone(), autodiff),
            plain_plans: Plans::new(spec.clone(), device.clone()),
            vae: vae_on(device)?,
            device: device.clone(),
            teacher: networks,
            teacher_folder: teacher.to_owned(),
            teacher_mark: export::mark(&teacher.join("dit.safetensors"))?,
            targets: begun.targets,
            from: begun.from,
            config,
            settings,
            spec,
            tokenizer,
            student,
            names,
            optimizer,
            critic,
            many,
            caches,
            held_out,
        };
        if begun.recipe.is_some_and(|recipe| recipe != run.recipe()) {
            let reason = "its recipe or its teacher is another one";
            return Err(TrainError::resume(reason, Path::new(CHECKPOINT)));
        }
        Ok(run)
    }
}

impl Begun {
    fn new(begin: DistillStart, spec: &ModelSpec, teacher: &Path) -> Result<Self, TrainError> {
        match begin {
            DistillStart::Teacher => {
                Ok(Self { weights: dit_in(teacher, spec)?, ..Self::default() })
            }
            DistillStart::From(folder) => {
                let weights = dit_in(&folder, spec)?;
                Ok(Self { weights, from: Some(folder), ..Self::default() })
            }
            DistillStart::Resume(state) => {
                let State { weights, optimizer, extra, facts } = *state;
                let path = Path::new(CHECKPOINT);
                let targets = Targets::from_tensors(&extra)
                    .ok_or_else(|| TrainError::resume("the teacher's results are damaged", path))?;
                let from = serde_json::from_str(&facts.extra)
                    .map_err(|error| TrainError::resume(error, path))?;
                Ok(Self {
                    step: facts.step,
                    recipe: Some(facts.recipe),
                    weights,
                    optimizer: Some(optimizer),
                    targets,
                    from,
                })
            }
        }
    }

    /// Gives `optimizer` its state, if there is one, for the parameters under `prefix`.
    fn restore(&self, optimizer: &mut Optimizer, prefix: &str) -> Result<(), TrainError> {
        let Some(state) = self.optimizer.clone() else { return Ok(()) };
        if optimizer.restore(state.under(prefix)) {
            return Ok(());
        }
        let reason = "its optimizer belongs to another network";
        Err(TrainError::resume(reason, Path::new(CHECKPOINT)))
    }
}

/// The DiT as it is named in a checkpoint of a run.
fn dit(scope: &mut Scope<'_>, spec: &ModelSpec) -> Dit {
    Dit::init(&mut scope.sub("dit"), &spec.dit)
}

/// The parameters of the DiT in `folder`, without those that only training needs.
fn dit_in(folder: &Path, spec: &ModelSpec) -> Result<Parameters, TrainError> {
    let mut weights = Parameters::fresh(0, |scope| dit(scope, spec));
    let leaves = |name: &str| Part::Dit.leaves(name, &spec.clip);
    weights.overlay(&folder.join("dit.safetensors"), "dit.", leaves)?;
    Ok(weights)
}

/// Model and words of the teacher become those of the run.
fn adopt(config: &mut TrainConfig, teacher: &Path) -> Result<(), TrainError> {
    let read = |file: &str| -> Result<Value, TrainError> {
        let path = teacher.join(file);
        let json = std::fs::read(&path).map_err(TrainError::read(&path))?;
        serde_json::from_slice(&json).map_err(|error| TrainError::config(error, &path))
    };
    config.model = read("config.json")?;
    let words = read("words.json")?["words"].take();
    config.words = serde_json::from_value(words)
        .map_err(|error| TrainError::config(error, &teacher.join("words.json")))?;
    Ok(())
}
