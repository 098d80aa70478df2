//! Links between the files of the repository lead somewhere.

use std::collections::BTreeSet;

/// The relative links of Markdown `pages` (path, text) that lead to none of `files`.
pub(crate) fn check(files: &[String], pages: &[(String, String)]) -> Vec<String> {
    let mut known: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    for path in files {
        // A link may name a folder.
        let slashes = path.match_indices('/').map(|(at, _)| &path[..at]);
        known.extend(slashes);
    }
    let mut findings = Vec::new();
    for (page, text) in pages {
        for target in targets(text) {
            let is_known = match resolve(page, &target) {
                Some(path) => path.is_empty() || known.contains(path.as_str()),
                None => false,
            };
            if !is_known {
                findings.push(format!("a link leads nowhere ({target}); correct it: {page}"));
            }
        }
    }
    findings
}

/// The targets of relative links, without what stands in code.
fn targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            found.extend(targets_of_line(line));
        }
    }
    found
}

fn targets_of_line(line: &str) -> Vec<String> {
    // Every second piece between backticks is code.
    let prose = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let inline = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let definition = prose.split_once("]: ").filter(|(name, _)| name.starts_with('['));
    inline
        .chain(definition.map(|(_, target)| target))
        // A title may follow.
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']))
        .filter(|target| !target.contains(':'))
        .filter_map(|target| target.split('#').next())
        // A link within the page.
        .filter(|target| !target.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The path from the root that `target` means on `page`; `None` if it leaves the repository.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut path: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => page.split('/').collect::<Vec<_>>().split_last()?.1.to_vec(),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                path.pop()?;
            }
            part => path.push(part),
        }
    }
    Some(path.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_lead_to_files_or_folders() {
        let table = [
            ("see [the map](docs/map.md) and [more](./docs/map.md#parts)", 0),
            ("see [the folder](docs) and [the same](docs/)", 0),
            ("see [nothing](docs/none.md) and [outside](../secret)", 2),
            ("![picture](docs/none.png \"a title\")", 1),
            ("[web](https://example.org/a) [here](#here) <https://example.org>", 0),
            ("`[code](none.md)` and [true](docs/map.md)", 0),
            ("```sh\n[code](none.md)\n```\n[wrong](none.md)", 1),
            ("[map]: docs/none.md", 1),
            ("[map]: docs/map.md", 0),
        ];
        let files = ["README.md", "docs/map.md"].map(str::to_owned);
        for (text, expected) in table {
            let findings = check(&files, &[("README.md".to_owned(), text.to_owned())]);
            assert_eq!(findings.len(), expected, "{text}: {findings:?}");
        }
    }

    #[test]
    fn links_start_at_the_folder_of_their_page() {
        let files = ["README.md", "docs/map.md", "docs/parts.md"].map(str::to_owned);
        for (text, expected) in
            [("[a](parts.md) [b](../README.md) [c](/README.md)", 0), ("[a](docs/parts.md)", 1)]
        {
            let findings = check(&files, &[("docs/map.md".to_owned(), text.to_owned())]);
            assert_eq!(findings.len(), expected, "{text}: {findings:?}");
        }
    }
}
