//! How umT5's texts are cleaned before they are cut into tokens (`wan/modules/tokenizers.py`).

use super::repair::{repair, windows_1252};

/// Entities that are hidden in entities so deep are somebody's joke.
const MOST_ROUNDS: usize = 16;

/// `text` repaired, without HTML entities and with single spaces only, at most `longest` bytes of it.
pub(super) fn clean(text: &str, longest: usize) -> String {
    let mut text = text[..text.floor_char_boundary(longest)].to_owned();
    for _ in 0..MOST_ROUNDS {
        // A text with tags is taken for HTML that means its entities.
        let plain = if text.contains('<') { text.clone() } else { unescape(&text) };
        let repaired = repair(&plain);
        if repaired == text {
            break;
        }
        text = repaired;
    }
    let text = unescape(&unescape(&text));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

// The names of HTML that occur in running text; Python's list of 2,231 is mostly mathematics.
const NAMES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("middot", "·"),
    ("larr", "←"),
    ("uarr", "↑"),
    ("rarr", "→"),
    ("darr", "↓"),
    ("hellip", "…"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("bull", "•"),
    ("deg", "°"),
    ("times", "×"),
    ("frac12", "½"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("euro", "€"),
    ("pound", "£"),
    ("yen", "¥"),
    ("cent", "¢"),
    ("sect", "§"),
    ("szlig", "ß"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("ecirc", "ê"),
    ("agrave", "à"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("aring", "å"),
    ("iacute", "í"),
    ("oacute", "ó"),
    ("uacute", "ú"),
    ("ccedil", "ç"),
    ("ntilde", "ñ"),
    ("oslash", "ø"),
];

/// Replaces HTML entities once, by the rules of Python's `html.unescape`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match entity(&rest[1..]) {
            Some((value, length)) => {
                out.push_str(&value);
                rest = &rest[1 + length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// The value of the entity that `text`, behind an ampersand, begins with, and its length.
fn entity(text: &str) -> Option<(String, usize)> {
    let Some(number) = text.strip_prefix('#') else {
        return NAMES.iter().find_map(|(name, value)| {
            let after = text.strip_prefix(name)?;
            let after = match after.strip_prefix(';') {
                Some(after) => after,
                // The oldest names, those of Latin-1, need no end.
                None if value.chars().all(|c| c <= '\u{ff}') && *name != "apos" => after,
                None => return None,
            };
            Some(((*value).to_owned(), text.len() - after.len()))
        });
    };
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    // Numbers beyond Unicode become the sign for what cannot be shown.
    let number = u32::from_str_radix(&digits[..end], radix).unwrap_or(u32::MAX);
    let value = match number {
        0 => '\u{fffd}',
        number => char::from_u32(number).map_or('\u{fffd}', windows_1252),
    };
    let after = digits[end..].strip_prefix(';').unwrap_or(&digits[end..]);
    Some((value.to_string(), text.len() - after.len()))
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn entities_and_spaces() {
        let table = [
            ("  a \n\t b\u{3000}c ", "a b c"),
            ("Person stands still (·). ← ↑ → ↓", "Person stands still (·). ← ↑ → ↓"),
            ("a &amp;amp; b &lt;i&gt;", "a & b <i>"),
            ("&amp;amp;amp;", "&"),
            ("<b>&amp;amp;amp;</b>", "<b>&amp;</b>"),
            ("&amp &copy2026 &ampx &apos", "& ©2026 &x &apos"),
            ("&#150; &lsquo;x&rsquo;", "– 'x'"),
            ("<&ldquo;", "<\u{201c}"),
            ("&#65;&#x42;&#67", "ABC"),
            ("&#0;&#x110000;&#99999999999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            ("&nbsp;a&nbsp;&nbsp;b", "a b"),
            ("R&D & co &unknown; &#; &#x;", "R&D & co &unknown; &#; &#x;"),
            ("&", "&"),
        ];
        for (text, cleaned) in table {
            assert_eq!(clean(text, 1 << 16), cleaned, "{text:?}");
        }
    }

    /// As `basic_clean` of the reference gives them with ftfy 6.3.
    #[test]
    fn marks_of_other_programs() {
        let table = [
            ("\u{201c}old\u{201d} town\u{2019}s \u{2018}inn\u{2019}", "\"old\" town's 'inn'"),
            ("\u{149} \u{2bc} \u{201f}", "'n ' \""),
            ("\u{1b}[31;1mred\u{1b}[0m", "red"),
            ("\u{1b}[x \u{1b}[5 ", "[5"),
            ("a\0b\u{7}c\u{feff}d", "abcd"),
            ("caf\u{85} \u{93}x\u{94}", "caf… \"x\""),
            ("a\u{c}b\u{2028}c", "a b c"),
            ("a\u{ad}b\u{200b}c 😀", "a\u{ad}b\u{200b}c 😀"),
        ];
        for (text, cleaned) in table {
            assert_eq!(clean(text, 1 << 16), cleaned, "{text:?}");
        }
    }

    #[test]
    fn a_cut_text_is_still_text() {
        assert_eq!(clean("ääää", 5), "ää");
    }
}
