//! Randomness of the operating system, drawn in blocks.

use std::cell::RefCell;

use keyward_service::Entropy;
use zeroize::Zeroize as _;

/// Bytes drawn from the operating system at a time.
const BLOCK: usize = 4096;

/// Random bytes of the operating system.
///
/// Each thread draws a block at a time and hands every byte out once, so that an id costs no system call.
#[derive(Debug, Default)]
pub(crate) struct SystemEntropy;

struct Block {
    bytes: [u8; BLOCK],
    left: usize,
}

thread_local! {
    static DRAWN: RefCell<Block> = const { RefCell::new(Block { bytes: [0; BLOCK], left: 0 }) };
}

impl Entropy for SystemEntropy {
    fn fill(&self, wanted: &mut [u8]) {
        DRAWN.with_borrow_mut(|block| block.hand_out(wanted));
    }
}

impl Block {
    fn hand_out(&mut self, mut wanted: &mut [u8]) {
        while !wanted.is_empty() {
            if self.left == 0 {
                draw(&mut self.bytes);
                self.left = BLOCK;
            }
            let count = wanted.len().min(self.left);
            let (now, later) = wanted.split_at_mut(count);
            self.left -= count;
            if let Some(drawn) = self.bytes.get_mut(self.left..self.left + count) {
                now.copy_from_slice(drawn);
                drawn.zeroize();
            }
            wanted = later;
        }
    }
}

/// Fills a block, or ends the process: there is no safe way on without randomness.
fn draw(bytes: &mut [u8; BLOCK]) {
    if let Err(error) = getrandom::fill(bytes) {
        tracing::error!(%error, "the operating system gives no random bytes");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_handed_out_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let mut id = [0_u8; 16];
            SystemEntropy.fill(&mut id);
            assert!(seen.insert(id));
        }
        let mut large = vec![0_u8; 3 * BLOCK];
        SystemEntropy.fill(&mut large);
        assert!(
            large
                .chunks(16)
                .all(|chunk| chunk.iter().any(|byte| *byte != 0))
        );
    }
}
