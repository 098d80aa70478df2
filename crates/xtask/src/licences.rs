//! Packages of others: their licences, the banned ones, and where they come from.

use crate::deny::Deny;
use crate::spdx;

/// A package that is compiled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    /// Its name.
    pub name: String,
    /// Its licence expression; empty if it states none.
    pub licence: String,
}

impl Package {
    /// From a line `name vVERSION...<tab>LICENCE` of `cargo tree`.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (package, licence) = line.split_once('\t')?;
        let name = package.split_whitespace().next()?;
        // The mark of a package that was listed before.
        let licence = licence.trim_end_matches(" (*)").trim();
        Some(Self { name: name.to_owned(), licence: licence.to_owned() })
    }
}

/// Everything that comes from outside, and the workspace itself.
#[derive(Default)]
pub(crate) struct Packages {
    /// What is compiled on any target.
    pub built: Vec<Package>,
    /// Sources in the lock file; packages of the workspace have none.
    pub sources: Vec<String>,
}

/// What breaks the rules of `.deny.toml`.
pub(crate) fn check(packages: &Packages, deny: &Deny) -> Vec<String> {
    let mut findings = Vec::new();
    for Package { name, licence } in &packages.built {
        if let Some((_, reason)) = deny.banned.iter().find(|(banned, _)| banned == name) {
            findings.push(format!("{name} is banned, {reason}; see `cargo tree -i {name}`"));
        }
        let own = deny.exceptions.iter().find(|(excepted, _)| excepted == name);
        let is_allowed = |licence: &str| {
            let own = own.map(|(_, licences)| licences.as_slice()).unwrap_or_default();
            deny.licences.iter().chain(own).any(|allowed| allowed == licence)
        };
        match spdx::allows(licence, &is_allowed) {
            Ok(true) => {}
            Ok(false) => findings.push(format!(
                "the licence of {name} ({licence}) is not allowed; use another package, or add it \
                 to .deny.toml if it fits Apache-2.0"
            )),
            Err(error) => findings.push(format!("the licence of {name} is unclear, {error}")),
        }
    }
    for (name, _) in &deny.exceptions {
        if !packages.built.iter().any(|package| package.name == *name) {
            findings.push(format!("{name} is not used; take its exception out of .deny.toml"));
        }
    }
    let is_known = |source: &str| {
        deny.registries.iter().any(|registry| source.strip_prefix("registry+") == Some(registry))
    };
    let mut strange: Vec<&String> =
        packages.sources.iter().filter(|source| !is_known(source)).collect();
    strange.sort();
    strange.dedup();
    findings.extend(strange.into_iter().map(|source| {
        format!("packages come from crates.io only, not from {source}; see Cargo.lock")
    }));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "https://github.com/rust-lang/crates.io-index";

    fn found(lines: &[&str], sources: &[&str]) -> Vec<String> {
        let deny = Deny {
            targets: Vec::new(),
            licences: vec!["MIT".to_owned()],
            exceptions: vec![("colored".to_owned(), vec!["MPL-2.0".to_owned()])],
            banned: vec![("openssl-sys".to_owned(), "because it is not Rust".to_owned())],
            registries: vec![REGISTRY.to_owned()],
        };
        // Its exception is used.
        let lines = lines.iter().chain(&["colored v3.1.1\tMPL-2.0"]);
        let built = lines.filter_map(|line| Package::parse(line)).collect();
        let sources = sources.iter().map(|&source| source.to_owned()).collect();
        check(&Packages { built, sources }, &deny)
    }

    #[test]
    fn licences_bans_and_sources() {
        let table: [(&[&str], &[&str], Option<&str>); 8] = [
            (&["serde v1.0.0\tMIT OR Apache-2.0", ""], &[], None),
            (&["quote v1.0.0 (proc-macro)\tMIT (*)"], &[], None),
            (&["a v1.0.0\tGPL-3.0-only"], &[], Some("the licence of a (GPL-3.0-only)")),
            (&["a v1.0.0\tMPL-2.0"], &[], Some("the licence of a (MPL-2.0)")),
            (&["a v1.0.0\t"], &[], Some("the licence of a is unclear")),
            (&["openssl-sys v0.9.0\tMIT"], &[], Some("openssl-sys is banned, because")),
            (&[], &["registry+https://github.com/rust-lang/crates.io-index"], None),
            (&[], &["git+https://example.org/a#0"], Some("packages come from crates.io only")),
        ];
        for (lines, sources, expected) in table {
            let findings = found(lines, sources);
            match expected {
                None => assert!(findings.is_empty(), "{findings:?}"),
                Some(start) => {
                    assert_eq!(findings.len(), 1, "{findings:?}");
                    assert!(findings[0].starts_with(start), "{findings:?}");
                }
            }
        }
    }

    #[test]
    fn an_exception_that_nobody_needs_is_found() {
        let deny = Deny {
            exceptions: vec![("colored".to_owned(), vec!["MPL-2.0".to_owned()])],
            ..Deny::default()
        };
        let findings = check(&Packages::default(), &deny);
        assert_eq!(findings.len(), 1, "{findings:?}");
    }
}
