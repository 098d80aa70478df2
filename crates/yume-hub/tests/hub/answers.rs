//! Answers that would lead astray, and everything that needs no network.

use std::fs::{self, File};
use std::ops::ControlFlow::Continue;
use std::path::PathBuf;

use crate::place::{HASTY, Place, check, contents, fetch, name};
use crate::server::{COMMIT, Fault, Server};
use yume_hub::{HubError, Pull, pull};

const SHA: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn listing(path: &str, oid: &str, size: &str) -> String {
    format!(
        r#"[{{"type":"file","oid":"x","size":1,"path":{path},"lfs":{{"oid":"{oid}","size":{size}}}}}]"#
    )
}

#[test]
fn answers_that_lead_astray_are_refused() {
    let revision = format!(r#"{{"sha":"{COMMIT}"}}"#);
    let table = [
        ("no hash", r#"{"sha":"../../etc"}"#.to_owned(), String::new(), "its commit is no hash"),
        ("no JSON", "<html>".to_owned(), String::new(), "cannot be used"),
        ("outside", revision.clone(), listing(r#""../a""#, SHA, "5"), "no file of a folder"),
        ("absolute", revision.clone(), listing(r#""/etc/a""#, SHA, "5"), "no file of a folder"),
        ("a drive", revision.clone(), listing(r#""c:a""#, SHA, "5"), "no file of a folder"),
        ("no name", revision.clone(), listing(r#""""#, SHA, "5"), "no file of a folder"),
        (
            "a hash that is a path",
            revision.clone(),
            listing(r#""a""#, "../../a", "5"),
            "has no hash",
        ),
        (
            "too large",
            revision.clone(),
            listing(r#""a""#, SHA, "9999999999999999"),
            "is said to have",
        ),
        ("negative", revision.clone(), listing(r#""a""#, SHA, "-1"), "cannot be used"),
        ("no list", revision.clone(), r#"{"error":"x"}"#.to_owned(), "cannot be used"),
        ("nothing", revision.clone(), "[]".to_owned(), "holds no model"),
    ];
    for (what, revision, tree, part) in table {
        let place = Place::new(&format!("astray-{}", what.replace(' ', "-")));
        let server = Server::saying(vec![("/revision/", revision), ("/tree/", tree)]);
        let message = fetch(&server, &place, |_| Continue(())).unwrap_err().to_string();
        assert!(message.contains(part) && !message.contains('\n'), "{what}: {message}");
    }
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_too_small_is_known_before_the_start() {
    let place = Place::new("space");
    let tree = listing(r#""a""#, SHA, "900000000000000");
    let revision = format!(r#"{{"sha":"{COMMIT}"}}"#);
    let server = Server::saying(vec![("/revision/", revision), ("/tree/", tree)]);
    let message = fetch(&server, &place, |_| Continue(())).unwrap_err().to_string();
    assert!(message.contains("900000.1 GB are needed") && message.contains("GB free"), "{message}");
    assert_eq!(server.asked().len(), 2, "a file was asked for");
}

#[test]
fn the_cache_is_that_of_the_hubs_own_library() {
    let place = Place::new("layout");
    let contents = contents(7);
    let server = Server::new(contents.clone(), |_| Fault::None);
    let snapshot = fetch(&server, &place, |_| Continue(())).unwrap();
    let model = place.path("models--owner--model");
    assert_eq!(snapshot, model.join("snapshots").join(COMMIT));
    assert_eq!(fs::read_to_string(model.join("refs/main")).unwrap(), COMMIT);
    #[cfg(unix)]
    {
        let link = fs::read_link(snapshot.join("google/umt5-xxl/tokenizer.json")).unwrap();
        assert!(link.starts_with("../../../../blobs"), "{}", link.display());
        assert_eq!(link.file_name().unwrap().len(), 40);
    }
    let left: Vec<PathBuf> =
        fs::read_dir(model.join("blobs")).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.extension().is_none()), "{left:?}");
    let cache = place.cache();
    assert_eq!(cache.snapshot(&name(), "main"), Some(snapshot.clone()));
    assert_eq!(cache.snapshot(&name(), COMMIT), Some(snapshot.clone()));
    assert_eq!(cache.snapshot(&name(), "../main"), None);
    let models = cache.models();
    assert_eq!(models.len(), 1);
    assert_eq!((&models[0].name, &models[0].snapshot), (&name(), &snapshot));
    // Without the name of a branch the newest snapshot counts.
    fs::remove_dir_all(model.join("refs")).unwrap();
    assert_eq!(cache.models()[0].snapshot, snapshot);
}

#[test]
fn offline_is_what_is_here_or_a_sentence() {
    let place = Place::new("offline");
    let mut order = Pull {
        name: &name(),
        revision: "main",
        endpoint: Some("http://127.0.0.1:9"),
        is_offline: true,
        patience: HASTY,
    };
    let go = |order: &Pull<'_>| pull(order, &place.cache(), &|_| true, &mut |_| Continue(()));
    let message = go(&order).unwrap_err().to_string();
    assert!(message.contains("yume models pull owner/model"), "{message}");
    let contents = contents(8);
    let server = Server::new(contents.clone(), |_| Fault::None);
    let snapshot = fetch(&server, &place, |_| Continue(())).unwrap();
    assert_eq!(go(&order).unwrap(), snapshot);
    check(&snapshot, &contents);
    order.revision = "../x";
    assert!(matches!(go(&order), Err(HubError::Revision(_))));
}

#[test]
fn a_file_is_written_by_one_program_at_a_time() {
    let place = Place::new("lock");
    let contents = contents(9);
    let server = Server::new(contents.clone(), |_| Fault::None);
    // The first blob by path.
    let locks = place.path(".locks/models--owner--model");
    let mut held = Vec::new();
    let first = fetch(&server, &place, |progress| {
        if held.is_empty() && progress.done > 0 {
            held = fs::read_dir(&locks).unwrap().map(|entry| entry.unwrap().path()).collect();
            return std::ops::ControlFlow::Break(());
        }
        Continue(())
    });
    assert!(matches!(first, Err(HubError::Interrupted)), "{first:?}");
    assert_eq!(held.len(), 1);
    let file = File::options().write(true).open(&held[0]).unwrap();
    file.lock().unwrap();
    let second = fetch(&server, &place, |_| Continue(()));
    assert!(matches!(second, Err(HubError::Busy { .. })), "{second:?}");
    drop(file);
    check(&fetch(&server, &place, |_| Continue(())).unwrap(), &contents);
}
