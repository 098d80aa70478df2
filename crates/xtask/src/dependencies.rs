//! Who may depend on whom. Only what ships counts: dev-dependencies are free.

/// One crate of the workspace.
pub(crate) struct Crate {
    /// Its name.
    pub name: String,
    /// What its manifest names for the program and for build scripts, in no order.
    pub dependencies: Vec<String>,
    /// True if its manifest takes over the lints of the workspace.
    pub inherits_lints: bool,
}

/// Every crate of the workspace, and those of the workspace that it may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("xtask", &[]),
    (
        "yume",
        &[
            "yume-checkpoint",
            "yume-eval",
            "yume-hub",
            "yume-media",
            "yume-motion",
            "yume-session",
            "yume-world",
        ],
    ),
    // The facts of a model include its phrasebook and how its camera answers a motion.
    ("yume-checkpoint", &["yume-motion", "yume-nets"]),
    ("yume-eval", &["yume-checkpoint", "yume-media", "yume-motion", "yume-town", "yume-world"]),
    ("yume-hub", &[]),
    ("yume-media", &[]),
    ("yume-motion", &[]),
    ("yume-nets", &[]),
    ("yume-sampler", &[]),
    ("yume-session", &["yume-media", "yume-motion"]),
    ("yume-town", &["yume-media", "yume-motion"]),
    (
        "yume-train",
        &[
            "yume-checkpoint",
            "yume-eval",
            "yume-media",
            "yume-motion",
            "yume-nets",
            "yume-sampler",
            "yume-town",
            "yume-world",
        ],
    ),
    ("yume-world", &["yume-checkpoint", "yume-media", "yume-motion", "yume-nets", "yume-sampler"]),
];

/// One part of the outside world, and the crates that may know it.
struct Knowledge {
    what: &'static str,
    /// Package names; a `*` at the end stands for anything.
    packages: &'static [&'static str],
    known_by: &'static [&'static str],
}

const KNOWLEDGE: &[Knowledge] = &[
    Knowledge {
        what: "the screen and its input devices",
        packages: &["accesskit*", "egui*", "gilrs*", "rfd", "wgpu*", "winit"],
        known_by: &["yume"],
    },
    Knowledge {
        what: "tensors",
        packages: &["burn*", "cubecl*"],
        known_by: &[
            "yume",
            "yume-checkpoint",
            "yume-nets",
            "yume-sampler",
            "yume-train",
            "yume-world",
        ],
    },
    Knowledge {
        what: "threads and signals",
        packages: &["crossbeam*", "ctrlc", "parking_lot"],
        known_by: &["yume", "yume-session", "yume-train"],
    },
    Knowledge {
        what: "weight files",
        packages: &["memmap2", "safetensors"],
        known_by: &["yume-checkpoint", "yume-train"],
    },
    Knowledge { what: "the network", packages: &["rustls*", "ureq"], known_by: &["yume-hub"] },
    Knowledge {
        what: "picture and video formats",
        packages: &["image", "muxide", "openh264", "re_mp4"],
        known_by: &["yume-media"],
    },
    Knowledge {
        what: "the command line",
        packages: &["clap", "indicatif"],
        known_by: &["yume", "yume-train"],
    },
];

const TABLE: &str = "crates/xtask/src/dependencies.rs";

/// What the manifests break.
pub(crate) fn check(crates: &[Crate]) -> Vec<String> {
    let is_ours = |name: &str| crates.iter().any(|other| other.name == name);
    let mut findings = Vec::new();
    for Crate { name, dependencies, inherits_lints } in crates {
        if !inherits_lints {
            findings.push(format!(
                "{name} does not take over the lints of the workspace; add [lints] workspace = true"
            ));
        }
        let Some((_, allowed)) = EDGES.iter().find(|(crate_name, _)| crate_name == name) else {
            findings.push(format!("{name} has no row in the table of edges; add one to {TABLE}"));
            continue;
        };
        for dependency in dependencies {
            if is_ours(dependency) {
                if !allowed.contains(&dependency.as_str()) {
                    findings.push(format!(
                        "{name} must not depend on {dependency}; move the code, or change the \
                         table in {TABLE}"
                    ));
                }
                continue;
            }
            for knowledge in KNOWLEDGE {
                if knowledge.covers(dependency) && !knowledge.known_by.contains(&name.as_str()) {
                    findings.push(format!(
                        "{name} must not know {} (it depends on {dependency}); only these may: {}",
                        knowledge.what,
                        knowledge.known_by.join(", "),
                    ));
                }
            }
        }
    }
    findings
}

impl Knowledge {
    fn covers(&self, package: &str) -> bool {
        self.packages.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => package.starts_with(start),
            None => package == *pattern,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(crates: &[(&str, &[&str])]) -> Vec<String> {
        let crates: Vec<Crate> = crates
            .iter()
            .map(|(name, dependencies)| Crate {
                name: (*name).to_owned(),
                dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
                inherits_lints: true,
            })
            .collect();
        check(&crates)
    }

    #[test]
    fn edges_and_knowledge_are_tables() {
        type Row<'a> = (&'a [(&'a str, &'a [&'a str])], Option<&'a str>);
        let table: [Row<'_>; 9] = [
            (&[("yume-motion", &["thiserror"])], None),
            (&[("yume-session", &["yume-media"]), ("yume-media", &["image"])], None),
            (
                &[("yume-session", &["yume-world"]), ("yume-world", &[])],
                Some("yume-session must not depend on yume-world"),
            ),
            (&[("yume-session", &["burn-core"])], Some("yume-session must not know tensors")),
            (&[("yume-motion", &["winit"])], Some("yume-motion must not know the screen")),
            (&[("yume-world", &["wgpu"])], Some("yume-world must not know the screen")),
            (&[("yume", &["wgpu", "egui-winit", "burn", "crossbeam-channel"])], None),
            (&[("xtask", &["yume-motion"]), ("yume-motion", &[])], Some("xtask must not depend")),
            (&[("yume-cloud", &[])], Some("yume-cloud has no row")),
        ];
        for (crates, expected) in table {
            let findings = found(crates);
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
    fn lints_are_taken_over() {
        let package =
            Crate { name: "xtask".to_owned(), dependencies: Vec::new(), inherits_lints: false };
        let findings = check(&[package]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with("xtask does not take over the lints"), "{findings:?}");
    }

    #[test]
    fn the_table_of_edges_has_no_circle() {
        // Depth-first: a crate that is reached while it is open closes a circle.
        fn visit<'a>(name: &'a str, open: &mut Vec<&'a str>) {
            assert!(!open.contains(&name), "{open:?} leads back to {name}");
            open.push(name);
            let (_, allowed) = EDGES.iter().find(|(row, _)| *row == name).expect("a row");
            for next in *allowed {
                visit(next, open);
            }
            open.pop();
        }
        for (name, _) in EDGES {
            visit(name, &mut Vec::new());
        }
    }
}
