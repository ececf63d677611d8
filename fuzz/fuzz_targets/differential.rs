//! Engine against oracle on lines made from a seed.

#![no_main]

use keyward_conformance::compare::difference;
use keyward_conformance::generate;
use keyward_conformance::random::Random;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|seed: (u64, u64)| {
    let line = generate::line(&mut Random::new(seed.0, seed.1));
    if let Ok(Some(difference)) = difference(&line) {
        panic!("{difference}\n{line}");
    }
});
