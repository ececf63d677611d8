//! Finds brackets outside of strings, 64 bytes at a time, down to a depth, and counts lines.
//!
//! The way of simdjson: one bit a byte for each kind of character, and arithmetic on these instead of a branch a byte.
//! Source: Langdale and Lemire, "Parsing Gigabytes of JSON per Second", VLDB Journal 2019, sections 3.1.1 and 3.1.2.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x64};

/// How many bytes are looked at together.
const BYTES: usize = 64;

/// A block with a bracket that is at most as deep as matters; the first byte in the lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it begins in its piece.
    pub(super) start: usize,
    /// How deep.
    pub(super) depth: usize,
    /// `{` and `[`.
    pub(super) open: u64,
    /// `}` and `]`.
    pub(super) close: u64,
    /// Line ends.
    pub(super) line_ends: u64,
    /// How many line ends the piece has before it.
    pub(super) lines: usize,
}

impl Block {
    /// Keeps it if it has a bracket. Few come here: those that do not must not have to save what this uses.
    #[inline(never)]
    fn keep(self, into: &mut Vec<Self>) {
        if self.open | self.close != 0 {
            into.push(self);
        }
    }

    /// Returns how many line ends the piece has before a byte of the block, which has one bit set.
    pub(super) fn lines_before(&self, bit: u64) -> usize {
        let before = self.line_ends & bit.wrapping_sub(1);
        self.lines.saturating_add(count(before))
    }
}

/// What a piece is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) is_ascii: bool,
    /// How many line ends it has.
    pub(super) lines: usize,
}

/// Looks at one piece after the other.
#[derive(Debug)]
pub(super) struct Scanner {
    level: Level,
    before: Before,
    blocks: Vec<Block>,
}

/// What one block leaves for the next.
#[derive(Clone, Copy, Debug)]
struct Before {
    /// 1 where the first byte of the next block stands behind a backslash.
    escaped: u64,
    /// All ones within a string.
    in_string: u64,
    depth: usize,
    /// Brackets that are deeper do not matter.
    deepest: usize,
    /// How many line ends the piece has so far.
    lines: usize,
}

impl Scanner {
    /// Begins outside of strings, so deep. Brackets matter down to `deepest`.
    pub(super) fn new(depth: usize, deepest: usize) -> Self {
        Self {
            level: Level::new(),
            before: Before {
                escaped: 0,
                in_string: 0,
                depth,
                deepest,
                lines: 0,
            },
            blocks: Vec::new(),
        }
    }

    /// Looks at the next piece; all but the last hold a whole number of blocks.
    pub(super) fn piece(&mut self, piece: &[u8]) -> Piece {
        let Self {
            level,
            before,
            blocks,
        } = self;
        blocks.clear();
        before.lines = 0;
        let (whole, rest) = piece.as_chunks::<BYTES>();
        let mut last = [b' '; BYTES];
        if let Some(begin) = last.get_mut(..rest.len()) {
            begin.copy_from_slice(rest);
        }
        let mut is_ascii = dispatch!(*level, simd => look(simd, whole, 0, before, blocks));
        if !rest.is_empty() {
            let start = piece.len().saturating_sub(rest.len());
            let last = [last];
            is_ascii &= dispatch!(*level, simd => look(simd, &last, start, before, blocks));
        }
        Piece {
            is_ascii,
            lines: before.lines,
        }
    }

    /// Returns the blocks of the last piece that matter.
    pub(super) fn blocks(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.blocks)
    }

    /// Gives the list back, so that its room is used again.
    pub(super) fn done(&mut self, blocks: Vec<Block>) {
        self.blocks = blocks;
    }

    /// How deep what was looked at so far ends.
    pub(super) fn depth(&self) -> usize {
        self.before.depth
    }

    /// Whether what was looked at so far ends within a string.
    pub(super) fn is_in_string(&self) -> bool {
        self.before.in_string != 0
    }

    /// Whether it ends behind a backslash.
    pub(super) fn is_escaped(&self) -> bool {
        self.before.escaped != 0
    }
}

/// Looks at blocks, of which the first begins at `start`. Returns whether they are ASCII.
///
/// Four blocks are asked together whether they have a backslash: most texts have few, and none costs a fraction.
#[inline(always)]
fn look<S: Simd>(
    simd: S,
    blocks: &[[u8; BYTES]],
    mut start: usize,
    before: &mut Before,
    into: &mut Vec<Block>,
) -> bool {
    // Kept in registers and not behind the reference.
    let mut now = *before;
    let mut all = u8x64::splat(simd, 0);
    let (groups, rest) = blocks.as_chunks::<4>();
    for group in groups {
        let [first, second, third, fourth] = group;
        let backslash = u8x64::splat(simd, b'\\');
        let early = bytes(simd, first).simd_eq(backslash) | bytes(simd, second).simd_eq(backslash);
        let late = bytes(simd, third).simd_eq(backslash) | bytes(simd, fourth).simd_eq(backslash);
        let is_plain = now.escaped == 0 && !(early | late).any_true();
        for block in group {
            let block = bytes(simd, block);
            all |= block;
            let quote = if is_plain {
                is(simd, block, b'"')
            } else {
                is(simd, block, b'"') & !now.escaped(is(simd, block, b'\\'))
            };
            now.follow(simd, block, quote, start, into);
            start = start.wrapping_add(BYTES);
        }
    }
    for block in rest {
        let block = bytes(simd, block);
        all |= block;
        let quote = is(simd, block, b'"') & !now.escaped(is(simd, block, b'\\'));
        now.follow(simd, block, quote, start, into);
        start = start.wrapping_add(BYTES);
    }
    *before = now;
    !all.simd_ge(u8x64::splat(simd, 0x80)).any_true()
}

// What these do is meant to be part of `look`, with the instructions that it is compiled for; closures would not be.
#[inline(always)]
fn bytes<S: Simd>(simd: S, block: &[u8; BYTES]) -> u8x64<S> {
    u8x64::from_slice(simd, block)
}

#[inline(always)]
fn is<S: Simd>(simd: S, block: u8x64<S>, byte: u8) -> u64 {
    block.simd_eq(u8x64::splat(simd, byte)).to_bitmask()
}

impl Before {
    /// Returns which bytes stand behind a backslash that is not itself behind one.
    #[inline(always)]
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

    /// Keeps a block whose brackets may come up to where they matter, and counts all.
    #[inline(always)]
    fn follow<S: Simd>(
        &mut self,
        simd: S,
        block: u8x64<S>,
        quote: u64,
        start: usize,
        into: &mut Vec<Block>,
    ) {
        let within = prefix_xor(quote) ^ self.in_string;
        self.in_string = within.wrapping_shr(63).wrapping_neg();
        // `{` and `[`, `}` and `]` differ in the same bit.
        let folded = block | u8x64::splat(simd, 0x20);
        let open = is(simd, folded, b'{') & !within;
        let close = is(simd, folded, b'}') & !within;
        let line_ends = is(simd, block, b'\n');
        let closes = count(close);
        // Whether a block has brackets at all is asked second: half of them do, and no processor foretells which.
        if self.depth < self.deepest.wrapping_add(closes) {
            let block = Block {
                start,
                depth: self.depth,
                open,
                close,
                line_ends,
                lines: self.lines,
            };
            block.keep(into);
        }
        // No file has so many of either.
        self.lines = self.lines.wrapping_add(count(line_ends));
        // Where more is closed than was open the block is kept, and the file given up.
        self.depth = self.depth.wrapping_add(count(open)).saturating_sub(closes);
    }
}

#[inline(always)]
fn count(bits: u64) -> usize {
    usize::try_from(bits.count_ones()).unwrap_or(BYTES)
}

/// Sets each bit to the parity of the bits up to it.
#[inline(always)]
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

    use super::super::ENTITY;
    use super::*;

    /// Brackets that are at most as deep as entities are, with how deep each leads or comes from; a byte at a time.
    fn literally(text: &[u8]) -> (Vec<(usize, u8, usize)>, bool, usize) {
        let (mut in_string, mut escaped, mut depth) = (false, false, 0_usize);
        let mut found = Vec::new();
        for (at, byte) in text.iter().enumerate() {
            let is_escaped = std::mem::take(&mut escaped);
            match byte {
                b'\\' if !is_escaped => escaped = true,
                b'"' if !is_escaped => in_string = !in_string,
                b'{' | b'[' if !in_string => {
                    depth += 1;
                    found.push((at, *byte, depth));
                }
                b'}' | b']' if !in_string => {
                    found.push((at, *byte, depth));
                    depth = depth.saturating_sub(1);
                }
                _ => {}
            }
        }
        found.retain(|(.., depth)| *depth <= ENTITY);
        (found, in_string, depth)
    }

    fn scanned(text: &[u8], piece: usize, level: Level) -> (Vec<(usize, u8, usize)>, bool, usize) {
        let mut scanner = Scanner {
            level,
            ..Scanner::new(0, ENTITY)
        };
        let mut found = Vec::new();
        for (number, part) in text.chunks(piece).enumerate() {
            let lines = |part: &[u8]| part.iter().filter(|byte| **byte == b'\n').count();
            let (is_ascii, all) = (part.is_ascii(), lines(part));
            assert_eq!(
                scanner.piece(part),
                Piece {
                    is_ascii,
                    lines: all
                }
            );
            let blocks = scanner.blocks();
            for block in &blocks {
                let mut depth = block.depth;
                for bit in 0..BYTES {
                    let at = block.start + bit;
                    if at < part.len() {
                        assert_eq!(block.lines_before(1 << bit), lines(&part[..at]));
                    }
                    if block.open >> bit & 1 == 1 {
                        depth += 1;
                        found.push((number * piece + at, part[at], depth));
                    } else if block.close >> bit & 1 == 1 {
                        found.push((number * piece + at, part[at], depth));
                        depth = depth.saturating_sub(1);
                    }
                }
            }
            scanner.done(blocks);
        }
        found.retain(|(.., depth)| *depth <= ENTITY);
        (found, scanner.is_in_string(), scanner.depth())
    }

    proptest! {
        #[test]
        fn as_a_byte_at_a_time(parts in proptest::collection::vec(
            prop_oneof![
                Just("\\"), Just("\""), Just("{"), Just("]"), Just("}"), Just("[[[[[[["), Just("x"), Just("\\\\\\\\\\\\\\"),
                Just("ä"), Just("        "), Just("\n"),
            ],
            0..400,
        )) {
            let mut text = parts.concat().into_bytes();
            // A file that closes more than it opens is given up.
            if let Some((end, ..)) = literally(&text).0.iter().find(|(.., depth)| *depth == 0) {
                text.truncate(*end);
            }
            let expected = literally(&text);
            for level in [Level::new(), Level::baseline()] {
                for piece in [BYTES, 4 * BYTES, 1 << 17] {
                    prop_assert_eq!(scanned(&text, piece, level), expected.clone());
                }
            }
        }
    }
}
