//! A bad network costs time, never a wrong byte.

use std::ops::ControlFlow::Continue;
use std::thread;

use crate::place::{Place, check, contents, fetch};
use crate::server::{Asked, Fault, Server, random};
use yume_hub::HubError;

const RUNS: u64 = 100;
const THREADS: u64 = 10;

/// A fault for most answers until there were eight, then an honest network. A file is sent with a
/// wrong byte twice at most: nobody fetches a large file more than three times.
fn bad_network(seed: u64) -> impl FnMut(&Asked) -> Fault + Send {
    let mut state = seed;
    let mut faults = 8;
    let mut flips = 2;
    move |asked| {
        let (kind, part) = (random(&mut state) % 16, random(&mut state) as u8);
        let is_file = asked.path.contains("/resolve/");
        let fault = match kind {
            0 | 1 => Fault::Cut(part),
            2 => Fault::Stall(part),
            3 => Fault::TooLong,
            4 if is_file => Fault::TooShort,
            5 => Fault::IgnoreRange,
            6 if is_file => Fault::WrongRange,
            7 if is_file && flips > 0 => {
                flips -= 1;
                Fault::Flip
            }
            8 => Fault::Garbage,
            9 => Fault::Status(429),
            10 => Fault::Status([500, 502, 503, 504][part as usize % 4]),
            11 => Fault::Cut(0),
            _ => Fault::None,
        };
        if faults == 0 {
            return Fault::None;
        }
        faults -= i32::from(fault != Fault::None);
        fault
    }
}

fn run(seed: u64) -> Result<usize, String> {
    let contents = contents(seed);
    let place = Place::new(&format!("bad-{seed}"));
    let server = Server::new(contents.clone(), bad_network(seed));
    // Six attempts in a row may come to nothing before eight faults are over; a person tries again.
    for attempt in 1..=3 {
        match fetch(&server, &place, |_| Continue(())) {
            Ok(snapshot) => {
                check(&snapshot, &contents);
                return Ok(attempt);
            }
            Err(HubError::GaveUp { .. }) => {}
            Err(error) => return Err(format!("seed {seed}: {error}")),
        }
    }
    Err(format!("seed {seed} never arrived"))
}

#[test]
fn a_hundred_bad_networks_end_with_the_right_bytes() {
    let attempts: Vec<Result<usize, String>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|first| {
                scope.spawn(move || {
                    (first..RUNS).step_by(THREADS as usize).map(run).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let failed: Vec<_> = attempts.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(failed.is_empty(), "{} of {RUNS} failed: {failed:#?}", failed.len());
    let at_once = attempts.iter().filter(|result| **result == Ok(1)).count();
    println!("{at_once} of {RUNS} arrived with the first command, all with the third");
    assert!(at_once >= 90, "only {at_once} of {RUNS} arrived with the first command");
}

#[test]
fn where_no_honest_bytes_are_there_is_a_sentence() {
    type Kind = fn(&HubError) -> bool;
    let gave_up: Kind = |error| matches!(error, HubError::GaveUp { .. });
    let refused: Kind = |error| matches!(error, HubError::Refused { .. });
    let missing: Kind = |error| matches!(error, HubError::Missing { .. });
    let corrupt: Kind = |error| matches!(error, HubError::Corrupt { times: 3, .. });
    let table: [(Fault, Kind, &str); 12] = [
        (Fault::Status(401), refused, "HF_TOKEN"),
        (Fault::Status(403), refused, "status 403"),
        (Fault::Status(404), missing, "check the name"),
        (Fault::Status(429), gave_up, "status 429"),
        (Fault::Status(500), gave_up, "status 500"),
        (Fault::Cut(0), gave_up, "before all bytes"),
        (Fault::Stall(0), gave_up, "could not be downloaded"),
        (Fault::Garbage, gave_up, "could not be downloaded"),
        (Fault::Flip, corrupt, "3 times"),
        // The file itself is refused although the listing was given.
        (Fault::Status(410), missing, "Yume-Dit/a-1.safetensors"),
        (Fault::Status(400), |error| matches!(error, HubError::Answer { .. }), "status 400"),
        (Fault::Status(302), |error| matches!(error, HubError::GaveUp { .. }), "could not"),
    ];
    for (fault, is_expected, part) in table {
        let place = Place::new(&format!("never-{fault:?}").replace(['(', ')'], "-"));
        let faults = move |asked: &Asked| {
            if asked.path.contains("/resolve/") { fault } else { Fault::None }
        };
        let server = Server::new(contents(1), faults);
        let error = fetch(&server, &place, |_| Continue(())).unwrap_err();
        let message = error.to_string();
        assert!(is_expected(&error) && message.contains(part), "{fault:?}: {error:?}: {message}");
        assert!(!message.contains('\n') && message.len() < 400, "{fault:?}: {message}");
        let models = place.cache().models();
        let refs = place.path("models--owner--model/refs/main");
        assert!(!refs.exists(), "{fault:?}: a name for what is not there: {models:?}");
    }
}

#[test]
fn a_cut_connection_goes_on_where_it_was() {
    let contents = contents(3);
    let whole: usize = contents.iter().map(|content| content.bytes.len()).sum();
    let mut cuts = 3;
    let server = Server::new(contents.clone(), move |asked| {
        if asked.path.contains("a-1") && cuts > 0 {
            cuts -= 1;
            return Fault::Cut(100);
        }
        Fault::None
    });
    let place = Place::new("cut");
    let (mut seen, mut setbacks) = (Vec::new(), Vec::new());
    let snapshot = fetch(&server, &place, |progress| {
        seen.push((progress.done, progress.total));
        setbacks.extend(progress.setback.map(str::to_owned));
        Continue(())
    });
    check(&snapshot.unwrap(), &contents);
    assert_eq!(setbacks.len(), 3, "each setback is told once: {setbacks:?}");
    assert_eq!(server.sent(), whole as u64, "bytes were sent twice");
    let asked: Vec<_> =
        server.asked().into_iter().filter(|asked| asked.path.contains("a-1")).collect();
    assert_eq!(asked.len(), 4);
    assert!(
        asked[0].range.is_none() && asked[1..].iter().all(|a| a.range.is_some() && a.has_if_range)
    );
    assert_eq!(seen.last(), Some(&(whole as u64, whole as u64)));
    assert!(seen.is_sorted_by_key(|(done, _)| *done), "{seen:?}");
}

#[test]
fn what_is_here_is_not_fetched_again() {
    let place = Place::new("again");
    let contents = contents(4);
    let server = Server::new(contents.clone(), |_| Fault::None);
    let first = fetch(&server, &place, |_| Continue(())).unwrap();
    let sent = server.sent();
    let second = fetch(&server, &place, |_| Continue(())).unwrap();
    assert_eq!((first, server.sent()), (second.clone(), sent));
    check(&second, &contents);
}
