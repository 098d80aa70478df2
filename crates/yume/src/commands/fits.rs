//! Whether a walk has room on a device, and what is given up so that it has.

use burn::tensor::DType;
use yume::device::{Chosen, Found};
use yume::device_memory;
use yume_checkpoint::ModelSpec;
use yume_world::{
    Coding, FRAMES_PER_LATENT, Holding, MemoryPlan, Needed, Options, Precision, Walked,
};

/// A walk of this length is planned for.
const PLANNED_SECS: f32 = 60.0;

/// What sixteen lanes of PCI Express 4.0 carry, to give the time of moving weights.
const BUS_BYTES_PER_SEC: f64 = 25e9;

/// The memory that a walk may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Bytes of the device, where they are known.
    pub device: Option<u64>,
    /// Bytes of the computer's own memory, likewise.
    pub host: Option<u64>,
    /// Whether both are one.
    pub on_processor: bool,
}

impl Room {
    /// What a device has now, if nothing else was said.
    pub(super) fn of(chosen: &Chosen, said: Option<u64>) -> Self {
        Self {
            device: said.or(chosen.memory.map(|memory| memory.free)),
            host: device_memory::of_host().map(|memory| memory.free),
            on_processor: chosen.is_processor,
        }
    }

    fn holds(&self, needed: Needed) -> bool {
        let holds = |room: Option<u64>, bytes| room.is_none_or(|room| bytes <= room);
        holds(self.device, needed.device) && holds(self.host, needed.host)
    }
}

/// What a person has said of how the model is held; the rest is chosen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub weights: Option<Precision>,
    pub frees_encoders: bool,
    pub streams_blocks: bool,
    pub halves_vae: bool,
}

/// A walk of a minute that is looked for room for.
pub(super) struct Planned<'a> {
    pub spec: &'a ModelSpec,
    pub options: &'a Options,
    /// The precision of the device.
    pub own: Precision,
    pub asked: Asked,
    pub room: Room,
}

/// A way to hold a model.
#[derive(Clone, Debug)]
struct Way {
    holding: Holding,
    /// What a person would write for it.
    option: String,
    needed: Needed,
    streamed: u64,
}

impl Planned<'_> {
    /// How the model is to be held, and what there is to say about it.
    pub(super) fn choose(&self) -> (Holding, Option<String>) {
        let (own, _) = &self.holdings()[0];
        let Some(first) = self.ways().next() else { return (*own, None) };
        if self.room.device.is_none() || self.room.holds(first.needed) {
            return (first.holding, None);
        }
        let verdict = self.verdict();
        match self.ways().find(|way| self.room.holds(way.needed)) {
            Some(way) => {
                (way.holding, Some(format!("{verdict}, and is used: {}", self.cost(&way, &first))))
            }
            None => (first.holding, Some(verdict)),
        }
    }

    /// What the walk means for the memory of the device, as one clause.
    pub(super) fn verdict(&self) -> String {
        let Some(first) = self.ways().next() else {
            return "walks of a minute are longer than this model defines".to_owned();
        };
        let needs = format!("needs {}", takes(first.needed));
        let Some(available) = self.room.device else {
            return format!("{needs}; how much this device has is not known, --memory tells it");
        };
        let beside = match (self.room.host, first.needed.host) {
            (Some(host), 1..) => format!(" and the computer {}", gigabytes(host)),
            _ => String::new(),
        };
        let has = format!("{needs}, this device has {} free{beside}", gigabytes(available));
        if self.room.holds(first.needed) {
            return format!("{has}: fits");
        }
        if let Some(way) = self.ways().find(|way| self.room.holds(way.needed)) {
            return format!("{has}: does not fit; {} does, with {}", way.option, takes(way.needed));
        }
        match self.ways().min_by_key(|way| way.needed.device) {
            Some(way) if !way.option.is_empty() => format!(
                "{has}: does not fit, and neither does the smallest option, {} ({})",
                way.option,
                takes(way.needed)
            ),
            _ => format!("{has}: does not fit, and no option is smaller"),
        }
    }

    /// What is paid for `way` and not for `first`.
    fn cost(&self, way: &Way, first: &Way) -> String {
        let mut costs = Vec::new();
        let bits = |holding: Holding| (holding.precision, holding.halves_vae);
        if bits(way.holding) != bits(first.holding) {
            costs.push("fewer bits change the pictures a little".to_owned());
        }
        if way.holding.lends_encoders && !first.holding.lends_encoders {
            costs.push("the encoders are loaded for what is new only".to_owned());
        }
        if way.holding.streams_blocks && !first.holding.streams_blocks {
            let passes = self.options.evaluations(self.spec).unwrap_or_default();
            let secs = way.streamed as f64 * passes as f64 / BUS_BYTES_PER_SEC;
            costs.push(format!(
                "{} pass through the device {passes} times per segment, about {secs:.0} s",
                gigabytes(way.streamed)
            ));
        }
        costs.join(", ")
    }

    fn ways(&self) -> impl Iterator<Item = Way> {
        self.holdings().into_iter().filter_map(|(holding, option)| {
            let Self { spec, options, room, .. } = self;
            let frames = spec.frame.initial_copies + (PLANNED_SECS * spec.frame.fps) as usize;
            let history = frames.div_ceil(FRAMES_PER_LATENT);
            let walked = Walked { history, options, on_processor: room.on_processor };
            let plan = MemoryPlan::new(spec, holding, walked).ok()?;
            Some(Way { holding, option, needed: plan.needed(), streamed: plan.streamed })
        })
    }

    /// Ways to hold the model and their options, the gentlest first.
    fn holdings(&self) -> Vec<(Holding, String)> {
        let Self { own, asked, room, .. } = *self;
        let mut precisions = vec![("", asked.weights.unwrap_or(own))];
        // Fewer bits have not been tried through Vulkan and Metal: only a person takes them there.
        let has_fewer = own.matrices == DType::BF16 || room.on_processor;
        if asked.weights.is_none() && has_fewer {
            if own.matrices == DType::F32 {
                precisions.push(("--weights bf16", DType::BF16.into()));
            }
            let coding = Some(Coding::Int8);
            precisions.push(("--weights int8", Precision { coding, ..own }));
        }
        let all = precisions.len();
        let mut holdings: Vec<(Holding, String)> = Vec::new();
        for (steps, count) in [1, all, all, all].into_iter().enumerate() {
            for &(weights, precision) in &precisions[..count] {
                let holding = Holding {
                    precision,
                    lends_encoders: steps >= 1 || asked.frees_encoders,
                    // The processor has but one memory.
                    streams_blocks: steps >= 2 && !room.on_processor || asked.streams_blocks,
                    halves_vae: steps >= 3 && has_fewer || asked.halves_vae,
                };
                let options = [
                    (!weights.is_empty()).then_some(weights),
                    (holding.lends_encoders && !asked.frees_encoders).then_some("--free-encoders"),
                    (holding.streams_blocks && !asked.streams_blocks).then_some("--stream-blocks"),
                    (holding.halves_vae && !asked.halves_vae).then_some("--vae-bf16"),
                ];
                let option = options.into_iter().flatten().collect::<Vec<_>>().join(" ");
                if !holdings.iter().any(|(known, _)| *known == holding) {
                    holdings.push((holding, option));
                }
            }
        }
        holdings
    }
}

/// The verdicts for all devices that are ready, each as a line.
pub(super) fn verdicts(spec: &ModelSpec, found: &[Found]) -> Vec<String> {
    let options = Options::of(spec);
    let host = device_memory::of_host().map(|memory| memory.free);
    let ready = found.iter().filter(|found| found.device.is_ok());
    ready
        .map(|found| {
            let device = found.memory.map(|memory| memory.free);
            let room = Room { device, host, on_processor: found.is_processor() };
            let (own, asked) = (found.matrices().into(), Asked::default());
            let planned = Planned { spec, options: &options, own, asked, room };
            format!("{} ({}): {}", found.backend, found.name, planned.verdict())
        })
        .collect()
}

fn takes(Needed { device, host }: Needed) -> String {
    match host {
        0 => gigabytes(device),
        _ => format!("{} and {} of the computer's own memory", gigabytes(device), gigabytes(host)),
    }
}

/// `bytes` for a person.
pub(super) fn gigabytes(bytes: u64) -> String {
    let gigabytes = bytes as f64 / 1e9;
    if gigabytes < 1.0 { format!("{gigabytes:.2} GB") } else { format!("{gigabytes:.1} GB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn check(own: DType, asked: Asked, room: Room, expected: &str) -> Holding {
        let spec = ModelSpec::yume_i2v_540p();
        let options = Options::of(&spec);
        let planned = Planned { spec: &spec, options: &options, own: own.into(), asked, room };
        let (holding, said) = planned.choose();
        let said = said.unwrap_or_else(|| planned.verdict());
        assert!(said.contains(expected), "{own:?} in {room:?}: {said}");
        holding
    }

    fn card(device: u64) -> Room {
        Room { device: Some(device * GB), host: Some(128 * GB), on_processor: false }
    }

    #[test]
    fn the_gentlest_way_that_fits_is_chosen_and_said() {
        let table = [
            (141, "fits"),
            (80, "fits"),
            (48, "--weights int8 --free-encoders does"),
            (24, "--free-encoders --stream-blocks does"),
            (16, "--free-encoders --stream-blocks --vae-bf16 does"),
            (8, "smallest option, --weights int8 --free-encoders --stream-blocks --vae-bf16"),
        ];
        for (gb, expected) in table {
            let holding = check(DType::BF16, Asked::default(), card(gb), expected);
            assert_eq!(holding.halves_vae, gb == 16, "{gb} GB");
            assert_eq!(holding.streams_blocks, [16, 24].contains(&gb), "{gb} GB");
            assert_eq!(holding.lends_encoders, [16, 24, 48].contains(&gb), "{gb} GB");
        }
    }

    #[test]
    fn what_is_paid_is_said() {
        let said = "32.3 GB pass through the device 100 times per segment, about 129 s";
        check(DType::BF16, Asked::default(), card(24), said);
        check(
            DType::BF16,
            Asked::default(),
            card(48),
            "bits change the pictures a little, the enc",
        );
    }

    #[test]
    fn what_was_asked_for_is_kept() {
        let weights = Some(DType::BF16.into());
        let asked = Asked { weights, ..Asked::default() };
        let holding = check(DType::BF16, asked, card(48), "--free-encoders --stream-blocks does");
        assert_eq!(holding.precision.coding, None);
        let asked = Asked { streams_blocks: true, ..Asked::default() };
        let holding = check(DType::BF16, asked, card(141), "fits");
        assert!(holding.streams_blocks && !holding.lends_encoders);
        let holding = check(DType::BF16, asked, card(24), "--free-encoders does");
        assert!(holding.streams_blocks && holding.lends_encoders);
    }

    #[test]
    fn the_computers_own_memory_counts_too() {
        let host = |gb: u64| Room { host: Some(gb * GB), ..card(24) };
        for (gb, expected) in [
            (64, "and the computer 64.0 GB: does not fit; --free-encoders --stream-blocks does"),
            (32, "--weights int8 --free-encoders --stream-blocks --vae-bf16 does"),
            (16, "does not fit, and neither does the smallest option"),
        ] {
            check(DType::BF16, Asked::default(), host(gb), expected);
        }
        let one = Room { device: Some(70 * GB), host: Some(70 * GB), on_processor: true };
        check(DType::F32, Asked::default(), one, "--weights bf16 --free-encoders does, with");
    }

    #[test]
    fn where_nothing_is_known_nothing_is_given_up() {
        let room = Room { device: None, host: None, on_processor: false };
        let holding = check(DType::BF16, Asked::default(), room, "not known, --memory tells it");
        assert_eq!(holding, DType::BF16.into());
    }

    #[test]
    fn fewer_bits_are_not_chosen_where_they_were_never_tried() {
        let holding = check(DType::F32, Asked::default(), card(40), "--stream-blocks does");
        assert_eq!(holding.precision, DType::F32.into());
    }
}
