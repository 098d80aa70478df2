//! What the checks look at: the files of the repository, and what cargo and git say about it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::deny::Deny;
use crate::dependencies::Crate;
use crate::licences::{Package, Packages};

/// A checkout.
pub(crate) struct Repository {
    root: PathBuf,
    /// Paths with `/`, relative to the root: every file that git tracks or would track.
    pub files: Vec<String>,
}

impl Repository {
    /// The checkout that this program belongs to.
    pub(crate) fn open() -> Result<Self, String> {
        let manifest = env::var("CARGO_MANIFEST_DIR")
            .map_err(|_error| "start it through cargo: cargo xtask check".to_owned())?;
        let root = PathBuf::from(manifest).join("../..");
        let mut repository = Self { root, files: Vec::new() };
        let listed =
            repository.output("git", &["ls-files", "-z", "-c", "-o", "--exclude-standard"])?;
        let files: BTreeSet<&str> =
            listed.split('\0').filter(|path| repository.root.join(path).is_file()).collect();
        repository.files = files.into_iter().map(str::to_owned).collect();
        Ok(repository)
    }

    /// The crates of the workspace and what they name in their manifests.
    pub(crate) fn crates(&self) -> Result<Vec<Crate>, String> {
        let text = self.output("cargo", &["metadata", "--no-deps", "--format-version", "1"])?;
        let metadata: Value = serde_json::from_str(&text)
            .map_err(|error| format!("the answer of cargo metadata is not JSON ({error})"))?;
        let packages = metadata["packages"].as_array().into_iter().flatten();
        packages
            .map(|package| {
                let manifest = text_of(&package["manifest_path"]);
                let dependencies = package["dependencies"].as_array().into_iter().flatten();
                Ok(Crate {
                    name: text_of(&package["name"]),
                    dependencies: dependencies
                        .filter(|dependency| dependency["kind"] != "dev")
                        .map(|dependency| text_of(&dependency["name"]))
                        .collect(),
                    inherits_lints: read(&PathBuf::from(manifest))?
                        .contains("[lints]\nworkspace = true\n"),
                })
            })
            .collect()
    }

    /// Everything that is compiled for the targets of `.deny.toml`, and where the lock file takes
    /// packages from.
    pub(crate) fn packages(&self) -> Result<Packages, String> {
        let mut built = BTreeSet::new();
        for target in self.deny()?.targets {
            let tree = self.output(
                "cargo",
                &[
                    "tree",
                    "--workspace",
                    "--locked",
                    "--target",
                    &target,
                    "--edges=normal,build",
                    "--prefix=none",
                    "--format={p}\t{l}",
                ],
            )?;
            built.extend(tree.lines().filter_map(Package::parse));
        }
        let lock = read(&self.root.join("Cargo.lock"))?;
        let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
        Ok(Packages {
            built: built.into_iter().collect(),
            sources: sources.map(|source| source.trim_matches('"').to_owned()).collect(),
        })
    }

    /// What `.deny.toml` says.
    pub(crate) fn deny(&self) -> Result<Deny, String> {
        Deny::parse(&read(&self.root.join(".deny.toml"))?)
    }

    /// Lines of every Rust file below `crates`.
    pub(crate) fn line_counts(&self) -> Result<Vec<(String, usize)>, String> {
        let is_source = |path: &&String| path.starts_with("crates/") && path.ends_with(".rs");
        let count = |path: &String| Ok((path.clone(), self.text(path)?.lines().count()));
        self.files.iter().filter(is_source).map(count).collect()
    }

    /// Bytes of every file.
    pub(crate) fn sizes(&self) -> Result<Vec<(String, u64)>, String> {
        let size = |path: &String| match fs::metadata(self.root.join(path)) {
            Ok(metadata) => Ok((path.clone(), metadata.len())),
            Err(error) => Err(format!("a file cannot be read ({error}): {path}")),
        };
        self.files.iter().map(size).collect()
    }

    /// Path and text of every Markdown page.
    pub(crate) fn pages(&self) -> Result<Vec<(String, String)>, String> {
        let pages = self.files.iter().filter(|path| path.ends_with(".md"));
        pages.map(|path| Ok((path.clone(), self.text(path)?))).collect()
    }

    fn text(&self, path: &str) -> Result<String, String> {
        read(&self.root.join(path))
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.root)
            .output()
            .map_err(|error| format!("{program} did not start ({error}); install it"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{program} {} failed: {}", arguments[0], said.trim()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn read(path: &PathBuf) -> Result<String, String> {
    fs::read_to_string(path)
        .map_err(|error| format!("a file cannot be read ({error}): {}", path.display()))
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
