//! What `.deny.toml` says, as far as it is checked here. The file is in the format of cargo-deny,
//! which can be run on it too.

use serde_json::Value;

use crate::toml;

/// The rules for packages of others.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Deny {
    /// Target triples whose packages are looked at.
    pub targets: Vec<String>,
    /// Licences that any package may have.
    pub licences: Vec<String>,
    /// Packages, and the licences that they alone may have.
    pub exceptions: Vec<(String, Vec<String>)>,
    /// Packages that may not be compiled, and why.
    pub banned: Vec<(String, String)>,
    /// Registries that packages may come from.
    pub registries: Vec<String>,
}

impl Deny {
    /// Reads the text of `.deny.toml`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(crate) fn parse(document: &str) -> Result<Self, String> {
        let value = toml::parse(document).map_err(|error| format!("{error}: .deny.toml"))?;
        let rows = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let deny = Self {
            targets: texts(&value["graph"]["targets"]),
            licences: texts(&value["licenses"]["allow"]),
            exceptions: rows(&value["licenses"]["exceptions"])
                .iter()
                .map(|row| (text(&row["crate"]), texts(&row["allow"])))
                .collect(),
            banned: rows(&value["bans"]["deny"])
                .iter()
                .map(|row| (text(&row["crate"]), text(&row["reason"])))
                .collect(),
            registries: texts(&value["sources"]["allow-registry"]),
        };
        let lists = [
            (deny.targets.is_empty(), "graph.targets"),
            (deny.licences.is_empty(), "licenses.allow"),
            (deny.registries.is_empty(), "sources.allow-registry"),
        ];
        match lists.iter().find(|(is_empty, _)| *is_empty) {
            Some((_, list)) => Err(format!("the list {list} is missing or empty: .deny.toml")),
            None => Ok(deny),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(|list| list.iter().map(text).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_read() {
        let deny = Deny::parse(
            "[graph]\ntargets = [\"t\"]\n[licenses]\nallow = [\"MIT\"]\n\
             exceptions = [{ crate = \"a\", allow = [\"MPL-2.0\"] }]\n\
             [bans]\ndeny = [{ crate = \"b\", reason = \"c\" }]\n\
             [sources]\nallow-registry = [\"r\"]\n",
        );
        let strings = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let expected = Deny {
            targets: strings(&["t"]),
            licences: strings(&["MIT"]),
            exceptions: vec![("a".to_owned(), strings(&["MPL-2.0"]))],
            banned: vec![("b".to_owned(), "c".to_owned())],
            registries: strings(&["r"]),
        };
        assert_eq!(deny, Ok(expected));
    }

    #[test]
    fn a_file_that_allows_nothing_is_refused() {
        for (text, list) in [("", "graph.targets"), ("[graph]\ntargets = [\"t\"]", "licenses")] {
            let error = Deny::parse(text).unwrap_err();
            assert!(error.contains(list), "{error}");
        }
    }
}
