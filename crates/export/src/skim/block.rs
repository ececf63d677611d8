//! Finds brackets outside of strings, 64 bytes at a time.
//!
//! The way of simdjson: one bit a byte for each kind of character, and arithmetic on these instead of a branch a byte.
//! Source: Langdale and Lemire, "Parsing Gigabytes of JSON per Second", VLDB Journal 2019, sections 3.1.1 and 3.1.2.

use wide::u8x16;

/// How many bytes are looked at together.
pub(super) const BYTES: usize = 64;

/// The brackets of a block, the first byte in the lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Brackets {
    /// `{` and `[`.
    pub(super) open: u64,
    /// `}` and `]`.
    pub(super) close: u64,
}

/// What one block leaves for the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    /// 1 where the first byte of the next block stands behind a backslash.
    escaped: u64,
    /// All ones within a string.
    in_string: u64,
}

impl Scanner {
    /// Looks at the next block.
    pub(super) fn block(&mut self, bytes: &[u8; BYTES]) -> Brackets {
        let (mut quote, mut backslash, mut open, mut close) = (0, 0, 0, 0);
        // `{` and `[`, `}` and `]` differ in the same bit.
        let bit = u8x16::splat(0x20);
        for (part, shift) in bytes.as_chunks::<16>().0.iter().zip([0, 16, 32, 48]) {
            let lanes = u8x16::new(*part);
            let folded = lanes | bit;
            let mask = |lanes: u8x16, byte: u8| -> u64 {
                let equal = lanes.simd_eq(u8x16::splat(byte));
                u64::from(equal.to_bitmask()).wrapping_shl(shift)
            };
            quote |= mask(lanes, b'"');
            backslash |= mask(lanes, b'\\');
            open |= mask(folded, b'{');
            close |= mask(folded, b'}');
        }
        let quote = quote & !self.escaped(backslash);
        let within = prefix_xor(quote) ^ self.in_string;
        self.in_string = within.wrapping_shr(63).wrapping_neg();
        Brackets {
            open: open & !within,
            close: close & !within,
        }
    }

    /// Whether what was looked at so far ends within a string.
    pub(super) fn is_in_string(&self) -> bool {
        self.in_string != 0
    }

    /// Returns which bytes stand behind a backslash that is not itself behind one.
    fn escaped(&mut self, backslash: u64) -> u64 {
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        let before = self.escaped;
        if backslash == 0 {
            self.escaped = 0;
            return before;
        }
        // A run of backslashes that begins a carry through it ends where the run does.
        let starts = backslash & !before;
        let behind = (starts << 1) | ODD;
        let codes = behind.wrapping_sub(starts) ^ ODD;
        self.escaped = (codes & backslash).wrapping_shr(63);
        codes ^ (backslash | before)
    }
}

/// Sets each bit to the parity of the bits up to it.
fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, a byte at a time.
    fn literally(text: &[u8]) -> Vec<(bool, bool)> {
        let (mut in_string, mut escaped) = (false, false);
        text.iter()
            .map(|byte| {
                let is_escaped = std::mem::take(&mut escaped);
                if *byte == b'\\' && !is_escaped {
                    escaped = true;
                }
                if *byte == b'"' && !is_escaped {
                    in_string = !in_string;
                }
                let outside = !in_string;
                (
                    outside && matches!(byte, b'{' | b'['),
                    outside && matches!(byte, b'}' | b']'),
                )
            })
            .collect()
    }

    proptest! {
        #[test]
        fn as_a_byte_at_a_time(parts in proptest::collection::vec(
            prop_oneof![Just("\\"), Just("\""), Just("{"), Just("]"), Just("x"), Just("\\\\\\\\\\\\\\"), Just("ä")], 0..400,
        )) {
            let mut text = parts.concat().into_bytes();
            text.resize(text.len().next_multiple_of(BYTES), b' ');
            let mut scanner = Scanner::default();
            let mut found = Vec::new();
            for block in text.as_chunks::<BYTES>().0 {
                let Brackets { open, close } = scanner.block(block);
                found.extend((0..BYTES).map(|at| (open >> at & 1 == 1, close >> at & 1 == 1)));
            }
            prop_assert_eq!(found, literally(&text));
        }
    }
}
