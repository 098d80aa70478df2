//! Whatever ends the program, the next one goes on.

use std::env;
use std::fs;
use std::ops::ControlFlow::{Break, Continue};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::place::{HASTY, Place, check, contents, fetch, name};
use crate::server::{Content, Fault, Server};
use yume_hub::{HubCache, HubError, Pull, pull};

#[test]
fn a_stop_at_any_step_can_be_resumed() {
    let contents = contents(5);
    let mut stops = 0;
    for stop in 1.. {
        let place = Place::new(&format!("stop-{stop}"));
        let server = Server::new(contents.clone(), |_| Fault::None);
        let mut steps = 0;
        let stopped = fetch(&server, &place, |_| {
            steps += 1;
            if steps == stop { Break(()) } else { Continue(()) }
        });
        match stopped {
            Err(HubError::Interrupted) => stops += 1,
            Ok(_) => break,
            Err(error) => panic!("step {stop}: {error}"),
        }
        resume(&server, &place, &contents);
    }
    assert!(stops >= 10, "only {stops} steps");
}

/// Fetches what is missing and nothing else.
fn resume(server: &Server, place: &Place, contents: &[Content]) {
    let blobs = fs::read_dir(place.path("models--owner--model/blobs")).into_iter().flatten();
    let here: u64 = blobs.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    let before = server.asked().len();
    check(&fetch(server, place, |_| Continue(())).unwrap(), contents);
    let asked = server.asked();
    let parts = asked[before..].iter().filter_map(|asked| {
        let content = contents.iter().find(|content| asked.path.ends_with(content.path))?;
        Some((content.bytes.len() - asked.range.unwrap_or(0)) as u64)
    });
    let whole: u64 = contents.iter().map(|content| content.bytes.len() as u64).sum();
    assert_eq!(parts.sum::<u64>(), whole - here, "{here} of {whole} bytes were here");
}

const CHILD: &str = "YUME_HUB_TEST_CHILD";

/// The program that is killed: this test program again, with an address and a folder.
#[test]
fn child_that_is_killed() {
    let Ok(order) = env::var(CHILD) else { return };
    let (address, root) = order.split_once(' ').unwrap();
    let order = Pull {
        name: &name(),
        revision: "main",
        endpoint: Some(address),
        is_offline: false,
        patience: HASTY,
    };
    pull(&order, &HubCache::at(root), &|_| true, &mut |_| Continue(())).unwrap();
}

#[test]
fn a_killed_program_is_resumed() {
    let contents = contents(6);
    let whole: u64 = contents.iter().map(|content| content.bytes.len() as u64).sum();
    for kill in 0..12 {
        let place = Place::new(&format!("kill-{kill}"));
        let server = Server::slow(contents.clone(), Duration::from_millis(2));
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "kills::child_that_is_killed"])
            .env(CHILD, format!("{} {}", server.address(), place.path("").display()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while server.sent() < whole * kill / 12 && Instant::now() < deadline {
            assert!(child.try_wait().unwrap().is_none(), "the child ended before it was killed");
            thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        resume(&server, &place, &contents);
    }
}
