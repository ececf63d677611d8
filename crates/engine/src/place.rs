//! Source positions in little space.

use keyward_policy::{Position, Span};

/// Bits for each of line, column and length: documents have at most 1,048,576 characters (`keyward_policy::limits`),
/// and whatever is longer loses its positions, nothing else.
const BITS: u32 = 21;
const MASK: u64 = (1 << BITS) - 1;

/// A span within one line in 8 bytes, as every JSON string is; 4-byte aligned. Zero where it is not known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place([u32; 2]);

impl Place {
    pub(crate) fn of(span: Span) -> Self {
        let (line, column) = (u64::from(span.start.line), u64::from(span.start.column));
        let length = u64::from(span.end.column.saturating_sub(span.start.column));
        if span.start.line != span.end.line || line > MASK || column > MASK || length > MASK {
            return Self::default();
        }
        let packed = (line << (2 * BITS)) | (column << BITS) | length;
        Self([low(packed >> 32), low(packed)])
    }

    pub(crate) fn span(self) -> Span {
        let [high, low_half] = self.0;
        let packed = (u64::from(high) << 32) | u64::from(low_half);
        let (line, column, length) = (
            low((packed >> (2 * BITS)) & MASK),
            low((packed >> BITS) & MASK),
            low(packed & MASK),
        );
        Span {
            start: Position { line, column },
            end: Position {
                line,
                column: column.saturating_add(length),
            },
        }
    }
}

/// Returns the low half.
fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: u32, column: u32, end_line: u32, end_column: u32) -> Span {
        Span {
            start: Position { line, column },
            end: Position {
                line: end_line,
                column: end_column,
            },
        }
    }

    #[test]
    fn keeps_spans_within_a_line() {
        for kept in [
            span(1, 1, 1, 2),
            span(131_072, 131_073, 131_072, 262_146),
            span(2, 5, 2, 5),
        ] {
            assert_eq!(Place::of(kept).span(), kept);
        }
        for lost in [span(1, 1, 2, 1), span(1 << 21, 1, 1 << 21, 2)] {
            assert_eq!(Place::of(lost).span(), Span::default());
        }
    }
}
