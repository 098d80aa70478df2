//! The anti-artifact mechanism: what the second pass takes from the first, and what it costs.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod field;

use std::ops::ControlFlow;

use burn::tensor::Tensor;
use field::{Ground, Kind, Point, largest};
use yume_sampler::{
    Aam, Guidance, Moment, Operator, Pass, Plan, Schedule, Slips, Solver, sample, sample_twice,
};

fn plan(steps: usize, guidance: Guidance) -> Plan {
    let schedule = Schedule::shifted(steps, 3.0).unwrap();
    Plan { schedule, solver: Solver::Euler, guidance, slips: Slips::Mended }
}

/// Both passes of `aam`, ten steps each; the second field, and what came out.
fn twice(ground: &Ground, aam: &Aam) -> (Point, Tensor<5>) {
    let plan = plan(10, Guidance::None);
    let mut first = Point::towards(ground, Kind::Pointwise);
    let mut second = Point::towards(ground, Kind::Bent);
    let mut fresh = field::fresh();
    let out = sample_twice(
        aam,
        Pass { plan: &plan, velocity: &mut first },
        Pass { plan: &plan, velocity: &mut second },
        ground.material(&mut fresh),
        |_| ControlFlow::Continue(()),
    )
    .unwrap();
    (second, out)
}

#[test]
fn evaluations_are_those_of_the_paper() {
    let (first, second) = (plan(30, Guidance::None), plan(30, Guidance::of(5.0)));
    for (operator, expected) in [
        (Operator::low_pass(4), 90),
        // The first four steps of the second pass would be overwritten by the fifth.
        (Operator::SCRIPT, 82),
        (Operator::PAPER, 82),
    ] {
        let aam = Aam { operator, steps: Aam::PAPER_STEPS };
        assert_eq!(aam.evaluations(&first, &second, 68, 120), expected);
    }
    assert_eq!(plan(50, Guidance::of(5.0)).evaluations(), 100, "what the paper compares with");
}

#[test]
fn evaluations_are_counted_through_both_passes() {
    let ground = Ground::new();
    for operator in [Operator::SCRIPT, Operator::low_pass(2)] {
        let aam = Aam { operator, steps: 3 };
        let (one, two) = (plan(5, Guidance::None), plan(6, Guidance::of(2.0)));
        let all = aam.evaluations(&one, &two, 4, 6);
        for stop in 1..=all {
            let mut first = Point::towards(&ground, Kind::Pointwise);
            let mut second = Point::towards(&ground, Kind::Bent);
            let mut fresh = field::fresh();
            let mut counts = Vec::new();
            let out = sample_twice(
                &aam,
                Pass { plan: &one, velocity: &mut first },
                Pass { plan: &two, velocity: &mut second },
                ground.material(&mut fresh),
                |moment| match moment {
                    Moment::Evaluated { done, all: of } => {
                        assert_eq!(of, all);
                        counts.push(done);
                        if done == stop && stop < all {
                            ControlFlow::Break(())
                        } else {
                            ControlFlow::Continue(())
                        }
                    }
                    Moment::Stepped { .. } => ControlFlow::Continue(()),
                },
            );
            assert_eq!(out.is_ok(), stop == all);
            assert_eq!(counts, (1..=stop).collect::<Vec<_>>());
            assert_eq!(first.asked + second.asked, stop);
        }
    }
}

#[test]
fn the_second_pass_begins_with_the_means_of_the_first_and_its_own_detail() {
    let ground = Ground::new();
    let operator = Operator::low_pass(2);
    let (second, _) = twice(&ground, &Aam { operator, steps: 5 });
    let schedule = Schedule::shifted(10, 3.0).unwrap();
    assert_eq!(second.segments.len(), 10);
    for (i, segment) in second.segments.iter().enumerate() {
        let sigma = schedule.sigmas()[i];
        // The first pass ends at the data.
        let noisy = ground.clean.clone() * (1.0 - sigma) + ground.segment_noise() * sigma;
        let off = largest(operator.project(segment.clone() - noisy));
        assert_eq!(off < 1e-4, i < 5, "step {i}: the means are off by {off}");
    }
    for (sigma, history) in &second.seen {
        let expected = ground.history_noise() * *sigma + ground.history.clone() * (1.0 - *sigma);
        assert!(largest(history.clone() - expected) < 1e-5, "the history is that of any sampling");
    }
}

#[test]
fn the_published_blur_restarts_from_the_first_result() {
    let ground = Ground::new();
    let (second, out) = twice(&ground, &Aam { operator: Operator::SCRIPT, steps: 5 });
    assert_eq!(second.asked, 6, "four steps leave no trace");
    // The same by hand: from the first result at the noise level of the fifth step.
    let schedule = Schedule::shifted(10, 3.0).unwrap();
    let mut segment = second.segments[0].clone();
    let sigma = schedule.sigmas()[4];
    let noisy = ground.clean.clone() * (1.0 - sigma) + ground.segment_noise() * sigma;
    assert!(largest(segment.clone() - noisy) < 1e-4);
    for i in 4..10 {
        let sigma = schedule.sigmas()[i];
        let v = (segment.clone() * 2.0).sin() * sigma + ground.clean.clone();
        segment = segment + v * (schedule.after(i) - sigma);
    }
    assert!(largest(out - segment) < 1e-5);
}

#[test]
fn without_mixing_the_second_pass_is_a_sampling_of_its_own() {
    let ground = Ground::new();
    let (_, out) = twice(&ground, &Aam { operator: Operator::low_pass(2), steps: 0 });
    let mut field = Point::towards(&ground, Kind::Bent);
    let mut fresh = field::fresh();
    let alone = sample(&plan(10, Guidance::None), &mut field, ground.material(&mut fresh), |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(largest(out - alone), 0.0);
}
