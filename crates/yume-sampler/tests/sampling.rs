//! Every solver on fields whose solution is known.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod field;

use std::ops::ControlFlow;

use burn::tensor::Tensor;
use field::{Ground, Kind, Point, largest};
use yume_sampler::{Guidance, Interrupted, Moment, Plan, Schedule, Slips, Solver, sample};

const SOLVERS: [Solver; 8] = [
    Solver::Euler,
    Solver::Sde { eta: 0.3 },
    Solver::Sde { eta: 1.0 },
    Solver::TimeTravel { eta: 0.0, look_ahead: 2, interval: 2 },
    Solver::TimeTravel { eta: 0.0, look_ahead: 5, interval: 5 },
    Solver::TimeTravel { eta: 0.3, look_ahead: 2, interval: 2 },
    Solver::TimeTravel { eta: 0.3, look_ahead: 5, interval: 5 },
    Solver::TimeTravel { eta: 0.3, look_ahead: 3, interval: 1 },
];

fn plan(steps: usize, solver: Solver, guidance: Guidance) -> Plan {
    let schedule = Schedule::shifted(steps, 3.0).unwrap();
    Plan { schedule, solver, guidance, slips: Slips::Mended }
}

fn on(_: Moment<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn run(plan: &Plan, field: &mut Point, ground: &Ground) -> Tensor<5> {
    let mut fresh = field::fresh();
    sample(plan, field, ground.material(&mut fresh), on).unwrap()
}

#[test]
fn every_solver_leads_an_exact_field_to_the_data_in_any_number_of_steps() {
    let ground = Ground::new();
    for solver in SOLVERS {
        for steps in [1, 2, 3, 4, 14, 50] {
            for guidance in [Guidance::None, Guidance::of(5.0)] {
                let mut field = Point::towards(&ground, Kind::Pointwise);
                let out = run(&plan(steps, solver, guidance), &mut field, &ground);
                let error = largest(out - ground.clean.clone());
                assert!(error < 1e-5, "{solver:?}, {steps} steps: off by {error}");
            }
        }
    }
}

#[test]
fn without_fresh_noise_every_solver_follows_the_straight_line() {
    let ground = Ground::new();
    for solver in SOLVERS.into_iter().filter(|solver| solver.eta() == 0.0) {
        for steps in [1, 2, 3, 14, 50] {
            let mut field = Point::towards(&ground, Kind::Constant);
            let out = run(&plan(steps, solver, Guidance::None), &mut field, &ground);
            assert!(largest(out - ground.clean.clone()) < 1e-5, "{solver:?}, {steps} steps");
        }
    }
}

#[test]
fn an_sde_without_noise_is_the_ode_to_the_last_bit() {
    let ground = Ground::new();
    for (sde, ode) in [
        (Solver::Sde { eta: 0.0 }, Solver::Euler),
        (
            Solver::TimeTravel { eta: 0.0, look_ahead: 2, interval: 2 },
            Solver::time_travel_ode(Solver::SCRIPT),
        ),
        // A look of one step finds nothing.
        (Solver::TimeTravel { eta: 0.0, look_ahead: 1, interval: 1 }, Solver::Euler),
    ] {
        let out = |solver| {
            let mut field = Point::towards(&ground, Kind::Bent);
            run(&plan(10, solver, Guidance::None), &mut field, &ground)
        };
        assert_eq!(largest(out(sde) - out(ode)), 0.0, "{sde:?}");
    }
}

#[test]
fn time_travel_follows_a_bent_field_elsewhere_than_euler() {
    let ground = Ground::new();
    let out = |solver| {
        let mut field = Point::towards(&ground, Kind::Bent);
        run(&plan(10, solver, Guidance::None), &mut field, &ground)
    };
    let euler = out(Solver::Euler);
    assert!(largest(out(Solver::time_travel_ode(Solver::SCRIPT)) - euler.clone()) > 1e-3);
    assert!(largest(out(Solver::Sde { eta: 0.3 }) - euler) > 1e-3);
}

#[test]
fn an_sde_keeps_as_much_noise_as_the_level_says_and_forgets_the_first() {
    let ground = Ground::wide();
    let steps = 400;
    let plan = plan(steps, Solver::Sde { eta: 1.0 }, Guidance::None);
    let mut field = Point::towards(&ground, Kind::Pointwise);
    let mut fresh = field::fresh();
    let first = ground.segment_noise();
    let mut checked = 0;
    sample(&plan, &mut field, ground.material(&mut fresh), |moment| {
        if let Moment::Stepped { steps: done, latents } = moment
            && done % 80 == 0
            && done < steps
        {
            checked += 1;
            let sigma = plan.schedule.sigmas()[done];
            let noise = (latents.clone() - ground.clean.clone() * (1.0 - sigma)) / sigma;
            let product = |a: &Tensor<5>, b: &Tensor<5>| {
                f64::from((a.clone() * b.clone()).mean().into_scalar::<f32>())
            };
            let variance = product(&noise, &noise);
            // 4000 values: the variance is known to about 2 %; the steps add as much again.
            assert!((variance - 1.0).abs() < 0.15, "variance {variance} at {sigma}");
            // The part that is left falls by half of eta squared over sigma squared per level.
            let left = product(&noise, &first) / (variance * product(&first, &first)).sqrt();
            let expected = (-0.5 * (sigma.recip() - 1.0)).exp();
            assert!((left - expected).abs() < 0.06, "{left} is left at {sigma}, not {expected}");
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(checked, 4);
}

#[test]
fn progress_counts_every_network_evaluation_and_no_other() {
    let ground = Ground::new();
    let between = Guidance::Between { scale: 5.0, low: 0.5, high: 0.9 };
    for solver in SOLVERS {
        for guidance in [Guidance::None, Guidance::of(5.0), between] {
            for in_pairs in [false, true] {
                let plan = plan(11, solver, guidance);
                let mut field = Point::towards(&ground, Kind::Bent);
                field.in_pairs = in_pairs;
                let mut fresh = field::fresh();
                let (mut counts, mut steps) = (Vec::new(), Vec::new());
                sample(&plan, &mut field, ground.material(&mut fresh), |moment| {
                    match moment {
                        Moment::Evaluated { done, all } => {
                            assert_eq!(all, plan.evaluations());
                            counts.push(done);
                        }
                        Moment::Stepped { steps: done, .. } => steps.push(done),
                    }
                    ControlFlow::Continue(())
                })
                .unwrap();
                assert_eq!(field.asked, plan.evaluations(), "{solver:?} {guidance:?}");
                assert_eq!(counts.last(), Some(&plan.evaluations()));
                assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
                assert!(in_pairs || counts == (1..=plan.evaluations()).collect::<Vec<_>>());
                assert_eq!(steps, (1..=11).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_break_stops_after_any_evaluation_of_any_solver() {
    let ground = Ground::new();
    for solver in SOLVERS {
        let plan = plan(6, solver, Guidance::of(5.0));
        for stop in 1..=plan.evaluations() {
            let mut field = Point::towards(&ground, Kind::Bent);
            let mut fresh = field::fresh();
            let watch = |moment: Moment<'_>| match moment {
                Moment::Evaluated { done, .. } if done == stop => ControlFlow::Break(()),
                Moment::Evaluated { .. } | Moment::Stepped { .. } => ControlFlow::Continue(()),
            };
            let out = sample(&plan, &mut field, ground.material(&mut fresh), watch);
            assert_eq!(out.err(), Some(Interrupted), "{solver:?} after {stop}");
            assert_eq!(field.asked, stop, "{solver:?}");
        }
    }
}

#[test]
fn guidance_extrapolates_from_the_unconditional_velocity() {
    let ground = Ground::new();
    for in_pairs in [false, true] {
        let mut field = Point::towards(&ground, Kind::Constant);
        field.offset = 1.0;
        field.in_pairs = in_pairs;
        let out = run(&plan(3, Solver::Euler, Guidance::of(5.0)), &mut field, &ground);
        // v = u + 5 (c - u) with u = c + 1 is c - 4; over a unit of time that adds 4.
        assert!(largest(out - (ground.clean.clone() + 4.0)) < 1e-4);
        assert_eq!(field.asked, 6);
    }
}

#[test]
fn the_history_has_the_noise_level_of_the_segment_while_looking_ahead_too() {
    let ground = Ground::new();
    for solver in SOLVERS {
        let plan = plan(10, solver, Guidance::None);
        let mut field = Point::towards(&ground, Kind::Pointwise);
        run(&plan, &mut field, &ground);
        for (sigma, history) in field.seen {
            let expected = ground.history_noise() * sigma + ground.history.clone() * (1.0 - sigma);
            assert!(largest(history - expected) < 1e-5, "{solver:?} at {sigma}");
        }
    }
}

#[test]
fn the_slips_of_the_script_can_be_asked_for() {
    let ground = Ground::new();
    let out = |solver, slips| {
        let mut field = Point::towards(&ground, Kind::Pointwise);
        let out = run(&Plan { slips, ..plan(10, solver, Guidance::None) }, &mut field, &ground);
        (out, field)
    };
    // The last step takes away half of eta squared of the noise that it sees.
    let sde = Solver::Sde { eta: 0.3 };
    let (published, field) = out(sde, Slips::Published);
    let seen_noise = field.last_noise.unwrap();
    assert!(largest(published - (ground.clean.clone() - seen_noise * 0.045)) < 1e-4);
    // A look ahead begins with the history at the noise level of its end.
    let travel = Solver::time_travel_ode(Solver::SCRIPT);
    let (_, field) = out(travel, Slips::Published);
    let sigma = plan(10, travel, Guidance::None).schedule.sigmas()[2];
    let expected = ground.history_noise() * sigma + ground.history.clone() * (1.0 - sigma);
    assert!(largest(field.seen[1].1.clone() - expected) < 1e-5);
}
