//! Letters that a text got on its way through other programs, as the reference repairs them with
//! ftfy before umT5 reads it: curly quotes, control characters, letters of old code pages.
//!
//! What ftfy does beyond that is not needed. Wide letters and ligatures are taken apart by the
//! tokenizer's own normalizer, and text decoded with the wrong encoding cannot be typed in here.

/// The same text with plain quotes and without control characters and terminal colors.
pub(super) fn repair(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = behind_terminal_escape(rest) {
            rest = after;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        match windows_1252(letter) {
            '\u{02bc}' | '\u{2018}'..='\u{201b}' => out.push('\''),
            '\u{201c}'..='\u{201f}' => out.push('"'),
            '\u{0149}' => out.push_str("'n"),
            letter if is_control(letter) => {}
            letter => out.push(letter),
        }
    }
    out
}

/// What a control character of the range 0x80 to 0x9f was meant to be: nearly always it comes from a
/// Windows text that was read as Latin-1.
pub(super) fn windows_1252(letter: char) -> char {
    const MEANT: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match letter {
        '\u{80}'..='\u{9f}' => MEANT[letter as usize - 0x80],
        letter => letter,
    }
}

/// The text behind `ESC [ digits letter`, which colors the text of a terminal.
fn behind_terminal_escape(text: &str) -> Option<&str> {
    let body = text.strip_prefix("\u{1b}[")?;
    let body = body.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    body.strip_prefix(|c: char| c.is_ascii_alphabetic())
}

fn is_control(letter: char) -> bool {
    matches!(
        letter,
        '\0'..='\u{8}'
            | '\u{b}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'
            | '\u{206a}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}'
    )
}
