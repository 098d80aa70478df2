//! The options of the command line that say how a segment is sampled.

use std::str::FromStr;

use clap::{Args, Parser, ValueEnum};
use yume_checkpoint::{CacheFile, ModelFiles, ModelSpec};
use yume_session::BoxError;
use yume_world::{Aam, CachePlan, Caches, Guidance, Operator, Options, Preset, Solver};

/// How a segment is sampled: a preset, and what is to differ from it.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Sampling")]
pub(crate) struct Sampling {
    /// What to spend on a segment; the options below change parts of it [default: fast].
    #[arg(long, value_enum)]
    pub preset: Option<PresetName>,
    /// Solver steps per segment [default: the preset's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub steps: Option<u16>,
    /// The rule between two noise levels [default: the preset's].
    #[arg(long, value_enum)]
    pub solver: Option<SolverName>,
    /// Time travel: steps to the noise level looked at; each look costs one pass less than this
    /// (published script 2, paper 5) [default: 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub look_ahead: Option<u16>,
    /// Time travel: steps from one look to the next (published script 2, paper 5) [default: 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub interval: Option<u16>,
    /// Fresh noise of the solvers with "sde", from 0 (none) to 1 [default: 0.3].
    #[arg(long, value_name = "X", value_parser = part)]
    pub eta: Option<f32>,
    /// Guidance: "none", a scale such as 5, or a scale and the noise levels where it counts, such
    /// as 5@0.2..0.9. It doubles the passes where it counts.
    #[arg(long, value_name = "SCALE[@LOW..HIGH]")]
    pub guidance: Option<GuidanceChoice>,
    /// Feature cache: "none", "auto" (what was measured for this model), "published" (15 of 40
    /// blocks, renewed on every 4th pass), or blocks and how many passes they serve, such as 1,2/4.
    #[arg(long, value_name = "BLOCKS/N")]
    pub cache: Option<CacheChoice>,
    /// Samples every segment twice; the second pass takes from the first what this operator sees.
    #[arg(long, value_name = "OPERATOR", value_enum)]
    pub aam: Option<AamName>,
    /// Runs both captions of guidance in one pass; faster on a GPU with memory to spare.
    #[arg(long)]
    pub guidance_in_pairs: bool,
    /// Forgets what is out of view: the frames to come are guessed from the last one alone, and not
    /// from all that was seen (to compare; only a model that guesses is changed by it).
    #[arg(long)]
    pub forget: bool,
}

/// A preset, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PresetName {
    /// Half the model's own steps, without guidance: a first look.
    Draft,
    /// The model's own choice.
    Fast,
    /// At least 14 steps, every second one corrected by a look ahead.
    Quality,
    /// 50 steps of time travel with fresh noise, as in the paper.
    Paper,
}

/// A solver, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SolverName {
    /// Straight steps along the velocity.
    Euler,
    /// Steps that take noise away and add fresh noise.
    Sde,
    /// Time travel: looks ahead and takes the step again.
    TtsOde,
    /// Time travel with fresh noise: the paper's best at following motions.
    TtsSde,
}

/// What the second pass takes, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AamName {
    /// Means of 2 by 2 latent pixels, for the first 5 steps.
    Means2,
    /// Means of 4 by 4 latent pixels, for the first 5 steps.
    Means4,
    /// The published blur, which sees everything: begins again from the noised first result.
    Published,
}

/// Where guidance counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GuidanceChoice(Guidance);

impl FromStr for GuidanceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const SHOULD: &str = "give none, a scale from 0 to 100 such as 5, or 5@0.2..0.9";
        let wrong = || SHOULD.to_owned();
        if text == "none" {
            return Ok(Self(Guidance::None));
        }
        let number = |text: &str, highest: f64| match text.parse::<f64>() {
            Ok(number) if (0.0..=highest).contains(&number) => Ok(number),
            _ => Err(wrong()),
        };
        let Some((scale, levels)) = text.split_once('@') else {
            return Ok(Self(Guidance::of(number(text, 100.0)? as f32)));
        };
        let (low, high) = levels.split_once("..").ok_or_else(wrong)?;
        let (low, high) = (number(low, 1.0)?, number(high, 1.0)?);
        if low > high {
            return Err(wrong());
        }
        Ok(Self(Guidance::Between { scale: number(scale, 100.0)? as f32, low, high }))
    }
}

/// Which blocks are reused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CacheChoice {
    None,
    Auto,
    Published,
    Blocks(Vec<usize>, usize),
}

impl FromStr for CacheChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "give none, auto, published, or blocks and passes such as 1,2/4".to_owned();
        match text {
            "none" => Ok(Self::None),
            "auto" => Ok(Self::Auto),
            "published" => Ok(Self::Published),
            _ => {
                let (blocks, passes) = text.split_once('/').ok_or_else(wrong)?;
                let blocks: Result<Vec<usize>, _> = blocks.split(',').map(str::parse).collect();
                match (blocks, passes.parse()) {
                    (Ok(blocks), Ok(passes)) => Ok(Self::Blocks(blocks, passes)),
                    _ => Err(wrong()),
                }
            }
        }
    }
}

fn part(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(part) if (0.0..=1.0).contains(&part) => Ok(part),
        _ => Err("give a number from 0 to 1, such as 0.3".to_owned()),
    }
}

/// Options alone, for ways to sample that are written down in the program.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Line {
    #[command(flatten)]
    sampling: Sampling,
}

impl FromStr for Sampling {
    type Err = clap::Error;

    /// Reads options as they stand on the command line.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Line::try_parse_from(text.split_whitespace()).map(|line| line.sampling)
    }
}

impl Sampling {
    /// What was asked for, for a model.
    pub(crate) fn options(&self, files: &ModelFiles) -> Result<Options, BoxError> {
        self.options_with(files.spec(), || Ok(files.cache_file()?))
    }

    /// As [`Sampling::options`], with the plan of the feature cache from `measured` if it is needed.
    fn options_with(
        &self,
        spec: &ModelSpec,
        measured: impl FnOnce() -> Result<Option<CacheFile>, BoxError>,
    ) -> Result<Options, BoxError> {
        let preset = match self.preset {
            Some(PresetName::Draft) => Preset::Draft,
            Some(PresetName::Fast) | None => Preset::Fast,
            Some(PresetName::Quality) => Preset::Quality,
            Some(PresetName::Paper) => Preset::Paper,
        };
        let mut options = preset.options(spec);
        if let Some(steps) = self.steps {
            options.steps = usize::from(steps);
        }
        options.solver = self.solver(options.solver)?;
        if let Some(GuidanceChoice(guidance)) = self.guidance {
            options.guidance = guidance;
        }
        let layers = spec.dit.num_layers;
        options.caches = match &self.cache {
            None => options.caches,
            Some(CacheChoice::None) => Caches::NONE,
            Some(CacheChoice::Auto) => {
                let plan = measured()?.ok_or(
                    "it was not measured which blocks of this model can be reused; \
                     `yume-train calibrate-cache` measures it, or name blocks, such as \
                     --cache 1,2/4",
                )?;
                if options.steps < plan.steps {
                    tracing::warn!(
                        "the plan of the feature cache was measured with {} steps; with {} it \
                         changes the pictures more",
                        plan.steps,
                        options.steps
                    );
                }
                let of = |blocks: &[usize]| CachePlan::new(blocks, plan.refresh_every, layers);
                Caches {
                    conditional: of(&plan.conditional)?,
                    unconditional: of(&plan.unconditional)?,
                }
            }
            Some(CacheChoice::Published) => Caches::both(CachePlan::published(layers)?),
            Some(CacheChoice::Blocks(blocks, passes)) => {
                Caches::both(CachePlan::new(blocks, *passes, layers)?)
            }
        };
        options.aam = self.aam.map(|name| {
            let operator = match name {
                AamName::Means2 => Operator::low_pass(2),
                AamName::Means4 => Operator::low_pass(4),
                AamName::Published => Operator::SCRIPT,
            };
            Aam { operator, steps: Aam::PAPER_STEPS }
        });
        options.in_pairs = self.guidance_in_pairs;
        options.forgets = self.forget;
        Ok(options)
    }

    fn solver(&self, preset: Solver) -> Result<Solver, BoxError> {
        let mut solver = match self.solver {
            None => preset,
            Some(SolverName::Euler) => Solver::Euler,
            Some(SolverName::Sde) => Solver::Sde { eta: Solver::ETA },
            Some(SolverName::TtsOde) => Solver::time_travel_ode(Solver::SCRIPT),
            Some(SolverName::TtsSde) => Solver::time_travel_sde(Solver::SCRIPT),
        };
        let has_noise = solver.eta() > 0.0;
        match (&mut solver, self.eta) {
            (_, None) => {}
            (Solver::Sde { eta } | Solver::TimeTravel { eta, .. }, Some(asked)) if has_noise => {
                *eta = asked;
            }
            (_, Some(_)) => {
                return Err(
                    "--eta is for solvers with fresh noise; add --solver sde or tts-sde".into()
                );
            }
        }
        let asked = self.look_ahead.or(self.interval);
        match &mut solver {
            Solver::TimeTravel { look_ahead, interval, .. } => {
                *look_ahead = self.look_ahead.map_or(*look_ahead, usize::from);
                *interval = self.interval.map_or(*interval, usize::from);
            }
            Solver::Euler | Solver::Sde { .. } if asked.is_some() => {
                return Err(
                    "--look-ahead and --interval are for time travel; add --solver tts-ode \
                            or tts-sde"
                        .into(),
                );
            }
            Solver::Euler | Solver::Sde { .. } => {}
        }
        Ok(solver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Evaluations per segment of Yume 1.0, or what is wrong with the line.
    fn price(line: &str) -> Result<usize, String> {
        let sampling: Sampling = line.parse().map_err(|error: clap::Error| error.to_string())?;
        let spec = ModelSpec::yume_i2v_540p();
        let options =
            sampling.options_with(&spec, || Ok(None)).map_err(|error| error.to_string())?;
        options.evaluations(&spec).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_cost_what_they_say() {
        for (line, expected) in [
            ("", 100),
            ("--preset draft", 25),
            ("--preset paper", 178),
            ("--steps 14 --guidance none", 14),
            ("--steps 14 --solver tts-ode --guidance 5", 40),
            ("--solver tts-sde --eta 0.5 --look-ahead 5 --interval 5", 178),
            ("--preset quality --look-ahead 1", 100),
            ("--guidance 5@0.9..1 --steps 14", 18),
            ("--cache published", 100),
            ("--cache 1,2/4 --solver sde", 100),
            ("--aam means4 --steps 30", 90),
            ("--aam published --steps 30", 82),
        ] {
            assert_eq!(price(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn the_measured_plan_is_followed_if_it_fits() {
        let spec = ModelSpec::yume_i2v_540p();
        let sampling: Sampling = "--cache auto".parse().unwrap();
        let plan = |conditional: Vec<usize>| CacheFile {
            steps: 14,
            refresh_every: 3,
            conditional,
            unconditional: vec![7],
            error: 0.01,
            measured: serde_json::Value::Null,
        };
        let options = sampling.options_with(&spec, || Ok(Some(plan(vec![5, 6])))).unwrap();
        let expected = |blocks: &[usize]| CachePlan::new(blocks, 3, 40).unwrap();
        assert_eq!(options.caches.conditional, expected(&[5, 6]));
        assert_eq!(options.caches.unconditional, expected(&[7]));
        let wrong = sampling.options_with(&spec, || Ok(Some(plan(vec![40])))).unwrap_err();
        assert!(wrong.to_string().contains("block 40"), "{wrong}");
    }

    #[test]
    fn nonsense_is_refused_with_what_to_do() {
        for (line, part) in [
            ("--eta 0.3", "--solver sde"),
            ("--solver tts-ode --eta 0.3", "tts-sde"),
            ("--interval 3", "tts-ode"),
            ("--cache 40/4", "numbered from 0 to 39"),
            ("--cache 1/0", "1 or more passes"),
            ("--cache lots", "1,2/4"),
            ("--cache auto", "calibrate-cache"),
            ("--guidance 5@0.9..0.1", "5@0.2..0.9"),
            ("--guidance nan", "give none"),
            ("--eta nan", "from 0 to 1"),
            ("--preset best", "possible values"),
        ] {
            let wrong = price(line).unwrap_err();
            assert!(wrong.contains(part), "{line}: {wrong}");
        }
    }
}
