//! A clone stays small: no file is larger than [`LARGEST`].

const LARGEST: u64 = 8 << 20;

/// Files that may be larger, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// The files that are too large.
pub(crate) fn check(sizes: &[(String, u64)]) -> Vec<String> {
    let is_too_large = |(path, size): &&(String, u64)| {
        *size > LARGEST && !EXCEPTIONS.iter().any(|(excepted, _)| excepted == path)
    };
    let finding = |(path, size): &(String, u64)| {
        let mib = *size as f64 / f64::from(1 << 20);
        format!("a file of {mib:.1} MiB does not belong in the repository: {path}")
    };
    sizes.iter().filter(is_too_large).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_over_the_limit_are_found() {
        for (size, expected) in [(0, 0), (LARGEST, 0), (LARGEST + 1, 1)] {
            let findings = check(&[("assets/a.bin".to_owned(), size)]);
            assert_eq!(findings.len(), expected, "{findings:?}");
        }
    }
}
