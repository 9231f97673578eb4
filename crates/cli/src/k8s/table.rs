use crate::output::one_line;

/// Lines in columns; what is empty is a dash.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(str::to_owned);
    // Annotations are written by whoever may.
    let rows = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| one_line(cell)));
    let rows: Vec<_> = rows.collect();
    let lines = || std::iter::once(&header).chain(&rows);
    let widths: [usize; N] = std::array::from_fn(|column| {
        let lengths = lines().map(|line| line[column].chars().count());
        lengths.max().unwrap_or_default()
    });
    let mut text = String::new();
    for line in lines() {
        let cells = line.iter().zip(widths).map(|(cell, width)| {
            let cell = if cell.is_empty() { "-" } else { cell };
            format!("{cell:width$}")
        });
        let cells: Vec<_> = cells.collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_rows_of_their_own_or_to_the_terminal() {
        let rows = [["a\nb  good".to_owned(), "\u{1b}]0;x".to_owned()]];
        let text = table(["NAME", "X"], &rows);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let long = table(["NAME"], &[["x".repeat(100_000)]]);
        assert!(long.len() < 1000);
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["long-one", ""], ["a", "b c"]].map(|row| row.map(str::to_owned));
        assert_eq!(
            table(["NAME", "X"], &rows),
            "NAME      X\nlong-one  -\na         b c\n"
        );
    }
}
