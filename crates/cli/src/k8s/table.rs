/// Lines in columns; what is empty is a dash.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(str::to_owned);
    let lines = || std::iter::once(&header).chain(rows);
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
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["long-one", ""], ["a", "b c"]].map(|row| row.map(str::to_owned));
        assert_eq!(
            table(["NAME", "X"], &rows),
            "NAME      X\nlong-one  -\na         b c\n"
        );
    }
}
