//! Session tokens: opening any text must neither panic nor succeed.
#![no_main]

use keyward_arn::{AccessKeyId, AccessKeyKind, AccountId};
use keyward_directory::Timestamp;
use keyward_sts::{KeyNumber, SealingKeys, open_message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(account) = AccountId::parse("111122223333") else {
        return;
    };
    let Ok(keys) = SealingKeys::new((KeyNumber(0), &[7; 32]), []) else {
        return;
    };
    let id = AccessKeyId::mint(AccessKeyKind::Temporary, account, [1; 8]);
    assert!(keys.open(text, &id, Timestamp::from_unix_seconds(0)).is_err());
    assert!(open_message(&keys, text).is_err());
});
