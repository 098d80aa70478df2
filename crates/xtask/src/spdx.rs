//! Licence expressions: `(MIT OR Apache-2.0) AND Unicode-3.0`.

/// Whether an expression is satisfied by licences of which `is_allowed` is true.
///
/// # Errors
/// A sentence if the expression cannot be read.
pub(crate) fn allows(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    // The old way to write OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut reader = Reader { words: spaced.split_whitespace().collect(), next: 0, is_allowed };
    match reader.any() {
        Some(answer) if reader.next == reader.words.len() => Ok(answer),
        _ => Err(format!("`{expression}` is not a licence expression")),
    }
}

struct Reader<'a> {
    words: Vec<&'a str>,
    next: usize,
    is_allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<bool> {
        let mut answer = self.all()?;
        while self.skip("OR") {
            // Both sides are read, whatever the first one says.
            answer |= self.all()?;
        }
        Some(answer)
    }

    fn all(&mut self) -> Option<bool> {
        let mut answer = self.one()?;
        while self.skip("AND") {
            answer &= self.one()?;
        }
        Some(answer)
    }

    fn one(&mut self) -> Option<bool> {
        if self.skip("(") {
            let answer = self.any()?;
            return self.skip(")").then_some(answer);
        }
        let licence = self.word()?;
        if self.skip("WITH") {
            let exception = self.word()?;
            return Some((self.is_allowed)(&format!("{licence} WITH {exception}")));
        }
        Some((self.is_allowed)(licence))
    }

    fn skip(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.next) == Some(&word);
        self.next += usize::from(is_next);
        is_next
    }

    fn word(&mut self) -> Option<&'a str> {
        let word = *self.words.get(self.next)?;
        self.next += 1;
        (!["OR", "AND", "WITH", "(", ")"].contains(&word)).then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_weighed() {
        let table = [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("MIT OR GPL-3.0-only", Some(true)),
            ("GPL-3.0-only OR MIT", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("GPL-3.0-only/MIT", Some(true)),
            ("GPL-3.0-only / MIT", Some(true)),
            ("(MIT OR GPL-3.0-only) AND Zlib", Some(true)),
            ("MIT AND GPL-3.0-only OR Zlib", Some(true)),
            ("MIT AND (GPL-3.0-only OR LGPL-3.0-only)", Some(false)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("Apache-2.0", Some(false)),
            ("", None),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT Zlib", None),
        ];
        let allowed = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"];
        for (expression, expected) in table {
            let answer = allows(expression, &|licence| allowed.contains(&licence)).ok();
            assert_eq!(answer, expected, "{expression}");
        }
    }
}
