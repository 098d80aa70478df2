//! A masked step reaches the parameters that exist only for it.

use std::path::Path;

use burn::module::{Module as _, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor};
use yume_nets::dit::{DitInput, Layout, Plan};
use yume_train::config::TrainConfig;
use yume_train::dice::{Dice, Purpose};
use yume_train::dit::{Batch, Masking, Networks, loss};
use yume_train::parameters::Parameters;

struct Reached<'a> {
    gradients: &'a GradientsParams,
    ids: Vec<burn::module::ParamId>,
}

impl ModuleVisitor for Reached<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id)
            && gradient.abs().max().into_scalar::<f32>() > 0.0
        {
            self.ids.push(param.id);
        }
    }
}

#[test]
fn only_a_masked_step_trains_the_mask_token_and_the_side_block() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/smoke.json");
    let (_, spec) = TrainConfig::load(Path::new(path)).unwrap();
    let device = Device::flex().autodiff();
    let mut parameters = Parameters::fresh(1, |scope| Networks::init(scope, &spec));
    // A head of zeros would stop every gradient.
    parameters.edit("dit.head.head.weight", |weight| {
        weight.iter_mut().enumerate().for_each(|(i, x)| *x = (i as f32).sin());
    });
    let (networks, names) = parameters
        .build(&device, Path::new("memory"), |scope| Networks::init(scope, &spec))
        .unwrap();
    let layout = Layout::Packed { history: 5, window: 4 };
    let plan = Plan::new(&spec.dit, layout, 4, 4, &device).unwrap();
    let mut dice = Dice::new(1, Purpose::Steps, 0);
    let mut normal = |shape: [usize; 5]| {
        let data = burn::tensor::TensorData::new(dice.normals(shape.iter().product()), shape);
        Tensor::<5>::from_data(data, (&device, DType::F32))
    };
    let z = spec.vae.z_dim;
    let (latents, conditioning) = (normal([2, z, 9, 4, 4]), normal([2, z + 4, 9, 4, 4]));
    let velocity = normal([2, z, 4, 4, 4]);
    let batch = || Batch {
        input: DitInput {
            latents: latents.clone(),
            conditioning: conditioning.clone(),
            timesteps: vec![1000.0, 400.0],
        },
        velocity: velocity.clone(),
        captions: vec![vec![2, 3, 1], vec![1]],
        pictures: Tensor::ones([2, 3, 32, 32], (&device, DType::F32)),
        text_rows: spec.dit.text_len,
    };
    let masked = Masking::random(plan.tokens, &mut Dice::new(1, Purpose::Steps, 1));
    for (masking, expected) in [(Masking::All, false), (masked, true)] {
        let loss = loss(&networks, batch(), &plan, &masking, &vec![1.0; z]);
        assert!(loss.clone().into_scalar::<f32>().is_finite());
        let gradients = GradientsParams::from_grads(loss.backward(), &networks);
        let mut reached = Reached { gradients: &gradients, ids: Vec::new() };
        networks.visit(&mut reached);
        let is_reached = |wanted: &str| {
            let named = names.iter().filter(|(name, _)| name.starts_with(wanted));
            named.clone().count() > 0 && named.clone().all(|(_, id)| reached.ids.contains(id))
        };
        assert_eq!(is_reached("dit.mask_token"), expected);
        assert_eq!(is_reached("dit.sideblock.ffn"), expected);
        assert_eq!(is_reached("dit.sideblock.self_attn.v"), expected);
        assert!(is_reached("text.token_embedding") && is_reached("clip.visual.patch_embedding"));
    }
}
