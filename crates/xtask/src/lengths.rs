//! A file is one idea: none is longer than [`LONGEST`] lines.

const LONGEST: usize = 500;

/// Files that may be longer, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// The files that are too long.
pub(crate) fn check(lines: &[(String, usize)]) -> Vec<String> {
    let is_too_long = |(path, count): &&(String, usize)| {
        *count > LONGEST && !EXCEPTIONS.iter().any(|(excepted, _)| excepted == path)
    };
    let finding = |(path, count): &(String, usize)| {
        format!("{count} lines are more than one idea; split the file at {LONGEST}: {path}")
    };
    lines.iter().filter(is_too_long).map(finding).collect()
}

/// How long the files are, in one line.
pub(crate) fn summary(lines: &[(String, usize)]) -> String {
    let mut sorted: Vec<&(String, usize)> = lines.iter().collect();
    sorted.sort_by_key(|(_, count)| *count);
    let total: usize = lines.iter().map(|(_, count)| count).sum();
    match (sorted.get(sorted.len() / 2), sorted.last()) {
        (Some((_, median)), Some((path, longest))) => format!(
            "{} files of Rust, {total} lines; median {median}, longest {longest}: {path}",
            lines.len()
        ),
        _ => "no files of Rust".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(counts: &[usize]) -> Vec<(String, usize)> {
        counts.iter().map(|&count| (format!("crates/a/src/of_{count}.rs"), count)).collect()
    }

    #[test]
    fn only_files_over_the_limit_are_found() {
        for (counts, expected) in [(&[0, 1, 500][..], 0), (&[501], 1), (&[1000, 3, 501], 2)] {
            let findings = check(&files(counts));
            assert_eq!(findings.len(), expected, "{findings:?}");
        }
    }

    #[test]
    fn the_summary_names_the_longest_file() {
        let text = summary(&files(&[10, 400, 20, 30, 40]));
        assert!(text.starts_with("5 files of Rust, 500 lines; median 30, longest 400:"), "{text}");
        assert!(text.ends_with("of_400.rs"), "{text}");
        assert_eq!(summary(&[]), "no files of Rust");
    }
}
