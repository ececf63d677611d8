//! ARNs, account ids, paths and ids.

#![no_main]

use keyward_arn::{AccessKeyId, AccountId, Arn, Path, UniqueId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(arn) = Arn::parse(text) {
        assert_eq!(arn.to_string(), text);
    }
    if let Ok(account) = AccountId::parse(text) {
        assert_eq!(account.to_string(), text);
    }
    let _ = (
        Path::parse(text),
        UniqueId::parse(text),
        AccessKeyId::parse(text),
        AccessKeyId::account_in(text),
    );
});
