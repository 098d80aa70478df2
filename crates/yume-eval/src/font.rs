//! Letters of 3 by 5 pixels, enough to name what a chart shows.

/// Columns and rows of a letter.
pub(crate) const SIZE: (usize, usize) = (3, 5);

/// The letter of a character, an octal digit per row from the top, the left pixel highest. Lower case
/// is upper case; what there is no letter for is a question mark.
const LETTERS: [(char, u16); 49] = [
    ('A', 0o25755),
    ('B', 0o65656),
    ('C', 0o34443),
    ('D', 0o65556),
    ('E', 0o74647),
    ('F', 0o74644),
    ('G', 0o34553),
    ('H', 0o55755),
    ('I', 0o72227),
    ('J', 0o11152),
    ('K', 0o55655),
    ('L', 0o44447),
    ('M', 0o57755),
    ('N', 0o65555),
    ('O', 0o25552),
    ('P', 0o65644),
    ('Q', 0o25563),
    ('R', 0o65655),
    ('S', 0o34216),
    ('T', 0o72222),
    ('U', 0o55557),
    ('V', 0o55552),
    ('W', 0o55775),
    ('X', 0o55255),
    ('Y', 0o55222),
    ('Z', 0o71247),
    ('0', 0o75557),
    ('1', 0o26227),
    ('2', 0o61247),
    ('3', 0o61216),
    ('4', 0o55711),
    ('5', 0o74616),
    ('6', 0o34757),
    ('7', 0o71122),
    ('8', 0o75757),
    ('9', 0o75716),
    (' ', 0),
    ('.', 0o00002),
    (',', 0o00024),
    (':', 0o02020),
    ('-', 0o00700),
    ('+', 0o02720),
    ('*', 0o05250),
    ('/', 0o11244),
    ('(', 0o12221),
    (')', 0o42224),
    ('=', 0o07070),
    ('%', 0o51245),
    ('?', 0o61202),
];

/// Whether the pixel in `column` and `row` of a letter is inked.
pub(crate) fn is_inked(letter: char, column: usize, row: usize) -> bool {
    let letter = letter.to_ascii_uppercase();
    let shape = |letter: char| LETTERS.iter().find(|(known, _)| *known == letter);
    let shape = shape(letter).or_else(|| shape('?')).map_or(0, |(_, shape)| *shape);
    let (columns, rows) = SIZE;
    let place = 3 * (rows - 1 - row) + (columns - 1 - column);
    (shape >> place) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(letter: char) -> Vec<String> {
        let pixel = |column, row| if is_inked(letter, column, row) { '#' } else { '.' };
        (0..5).map(|row| (0..3).map(|column| pixel(column, row)).collect()).collect()
    }

    #[test]
    fn letters_stand_upright() {
        assert_eq!(drawn('L'), ["#..", "#..", "#..", "#..", "###"]);
        assert_eq!(drawn('7'), ["###", "..#", "..#", ".#.", ".#."]);
        assert_eq!(drawn('l'), drawn('L'));
        assert_eq!(drawn('ß'), drawn('?'));
    }
}
