//! The top level holds few names, so that a newcomer reads it at a glance.

/// Names that may stand at the top, besides those that begin with a dot.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "assets",
    "crates",
    "docs",
    "rust-toolchain.toml",
    "shaders",
];

/// The names at the top that do not belong there.
pub(crate) fn check(files: &[String]) -> Vec<String> {
    let mut strangers: Vec<&str> = files
        .iter()
        .map(|path| path.split('/').next().unwrap_or(path))
        .filter(|name| !name.starts_with('.') && !TOP.contains(name))
        .collect();
    strangers.dedup();
    strangers
        .into_iter()
        .map(|name| {
            format!("{name} does not belong at the top level; move it below one of {TOP:?}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_names_and_dotfiles_stand_at_the_top() {
        let table: [(&[&str], usize); 4] = [
            (&["Cargo.toml", ".ci/run", "crates/a/src/lib.rs", "docs/a.md"], 0),
            (&["deny.toml"], 1),
            (&["scripts/a", "scripts/b", "src/main.rs"], 2),
            (&["crates/scripts/a"], 0),
        ];
        for (files, expected) in table {
            let files: Vec<String> = files.iter().map(|&path| path.to_owned()).collect();
            assert_eq!(check(&files).len(), expected, "{files:?}");
        }
    }
}
