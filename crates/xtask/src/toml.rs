//! As much of TOML as `.deny.toml` uses: sections, strings, lists and inline tables. Anything else
//! is refused, not guessed.

use serde_json::{Map, Value};

/// Reads a document into an object of sections.
///
/// # Errors
/// A sentence that names the line.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { rest: text, length: text.lines().count() };
    let mut sections = Map::new();
    let mut section = String::new();
    loop {
        reader.skip_blank();
        if reader.rest.is_empty() {
            return Ok(Value::Object(sections));
        }
        if reader.skip("[") {
            section = reader.name()?;
            reader.expect("]")?;
            continue;
        }
        let (key, value) = reader.pair()?;
        let values = sections.entry(&section).or_insert_with(|| Value::Object(Map::new()));
        values.as_object_mut().expect("sections are objects").insert(key, value);
    }
}

struct Reader<'a> {
    rest: &'a str,
    length: usize,
}

impl Reader<'_> {
    fn pair(&mut self) -> Result<(String, Value), String> {
        let key = self.name()?;
        self.expect("=")?;
        Ok((key, self.value()?))
    }

    fn value(&mut self) -> Result<Value, String> {
        self.skip_blank();
        if self.skip("\"") {
            let end = self.rest.find(['"', '\n', '\\']).unwrap_or(self.rest.len());
            let text = self.rest[..end].to_owned();
            self.rest = &self.rest[end..];
            self.expect("\"")?;
            return Ok(Value::String(text));
        }
        if self.skip("[") {
            let mut list = Vec::new();
            while !self.closes("]") {
                list.push(self.value()?);
                self.separate("]")?;
            }
            return Ok(Value::Array(list));
        }
        if self.skip("{") {
            let mut table = Map::new();
            while !self.closes("}") {
                let (key, value) = self.pair()?;
                table.insert(key, value);
                self.separate("}")?;
            }
            return Ok(Value::Object(table));
        }
        Err(self.error("a string, a list or an inline table"))
    }

    fn name(&mut self) -> Result<String, String> {
        self.skip_blank();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.error("a name"));
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn closes(&mut self, bracket: &str) -> bool {
        self.skip_blank();
        self.skip(bracket)
    }

    /// A comma, or the bracket that ends the list, which stays.
    fn separate(&mut self, bracket: &str) -> Result<(), String> {
        self.skip_blank();
        if self.skip(",") || self.rest.starts_with(bracket) {
            return Ok(());
        }
        Err(self.error("a comma"))
    }

    fn expect(&mut self, mark: &str) -> Result<(), String> {
        if mark != "\"" {
            self.skip_blank();
        }
        if self.skip(mark) { Ok(()) } else { Err(self.error(mark)) }
    }

    fn skip(&mut self, mark: &str) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Blanks, line ends and comments.
    fn skip_blank(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn error(&self, wanted: &str) -> String {
        let line = self.length.saturating_sub(self.rest.lines().count()) + 1;
        format!("line {line}: {wanted} is missing")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_used_is_read_and_the_rest_is_refused() {
        let table = [
            ("", Ok(json!({}))),
            ("# nothing\n", Ok(json!({}))),
            ("[a]\nb = \"c\" # why\n[d.e]\nf = [\"g\", \"h\"]", {
                Ok(json!({ "a": { "b": "c" }, "d.e": { "f": ["g", "h"] } }))
            }),
            ("[a]\nb = [\n  # why\n  { c = \"d\", e = [\"f\"] },\n]\n", {
                Ok(json!({ "a": { "b": [{ "c": "d", "e": ["f"] }] } }))
            }),
            ("[a]\nb = []", Ok(json!({ "a": { "b": [] } }))),
            ("[a]\nb = 3\n", Err("line 2: a string, a list or an inline table is missing")),
            ("[a]\nb = \"c\nd\"", Err("line 2: \" is missing")),
            ("[a]\nb = [\"c\" \"d\"]", Err("line 2: a comma is missing")),
            ("[a\n", Err("line 2: ] is missing")),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected.map_err(str::to_owned), "{text}");
        }
    }
}
