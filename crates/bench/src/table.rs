//! The table that a bench prints.

/// A row of figures, each empty where there is nothing to say.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) figure: &'static str,
    pub(crate) keyward: String,
    pub(crate) floor: String,
    pub(crate) ratio: String,
    pub(crate) goal: &'static str,
}

/// The median of some figures, with the least and the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    /// Sums up figures; of an even number, the median is the higher of the two in the middle.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
        Self {
            median: at(sorted.len() / 2),
            least: at(0),
            greatest: at(sorted.len().saturating_sub(1)),
        }
    }

    /// Writes all three.
    pub(crate) fn text(self, decimals: usize) -> String {
        let Self {
            median,
            least,
            greatest,
        } = self;
        format!("{median:.decimals$} ({least:.decimals$} to {greatest:.decimals$})")
    }
}

/// Lays out rows in columns as wide as their widest cell: numbers to the right, words to the left.
pub(crate) fn layout(rows: &[Row]) -> String {
    let header = Row {
        figure: "figure",
        keyward: "keyward".to_owned(),
        floor: "floor".to_owned(),
        ratio: "ratio (min to max)".to_owned(),
        goal: "goal",
    };
    let lines: Vec<[&str; 5]> = std::iter::once(&header).chain(rows).map(cells).collect();
    let mut widths = [0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let [w0, w1, w2, w3, _] = widths;
    let mut text = String::new();
    for [figure, keyward, floor, ratio, goal] in lines {
        let line = format!("{figure:<w0$}  {keyward:>w1$}  {floor:>w2$}  {ratio:>w3$}  {goal}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cells(row: &Row) -> [&str; 5] {
    [row.figure, &row.keyward, &row.floor, &row.ratio, row.goal]
}

#[cfg(test)]
mod tests {
    use super::{Row, Spread, layout};

    #[test]
    fn spreads() {
        let check = |figures: &[f64], expected: &str| {
            assert_eq!(Spread::of(figures.iter().copied()).text(1), expected);
        };
        check(&[2.0, 9.0, 1.0], "2.0 (1.0 to 9.0)");
        check(&[4.0, 3.0, 2.0, 1.0], "3.0 (1.0 to 4.0)");
        check(&[], "NaN (NaN to NaN)");
    }

    #[test]
    fn columns_line_up() {
        let rows = [
            Row {
                figure: "requests/s",
                keyward: "70000".to_owned(),
                floor: "100000".to_owned(),
                ratio: "0.70 (0.69 to 0.71)".to_owned(),
                goal: "≥ 0.75",
            },
            Row {
                figure: "memory",
                keyward: "20".to_owned(),
                ..Row::default()
            },
        ];
        let expected = "\
figure      keyward   floor   ratio (min to max)  goal
requests/s    70000  100000  0.70 (0.69 to 0.71)  ≥ 0.75
memory           20
";
        assert_eq!(layout(&rows), expected);
    }
}
