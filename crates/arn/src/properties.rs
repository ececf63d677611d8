//! What holds of every text.

use proptest::prelude::*;

use crate::{AccessKeyId, AccountId, Arn, Path, UniqueId};

/// Any text, and texts that are nearly what is read here.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(arn)?(:[a-z*0-9-]{0,12}){0,8}",
        "[0-9]{10,14}",
        "/?([!-~]{0,8}/){0,6}",
        "(A[KRS]IA|AIDA|AROA|AGPA)[A-Z2-7]{10,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_prints_back(text in text()) {
        if let Some(arn) = Arn::parse(&text) {
            prop_assert_eq!(arn.to_string(), &*text);
            prop_assert!(arn.account_id().is_none_or(|account| account.to_string() == arn.account));
        }
        if let Ok(account) = AccountId::parse(&text) {
            prop_assert_eq!(account.to_string(), &*text);
        }
        if let Ok(path) = Path::parse(&text) {
            prop_assert_eq!(path.as_str(), &*text);
        }
        if let Ok(id) = UniqueId::parse(&text) {
            prop_assert_eq!(id.as_str(), &*text);
        }
        if let Ok(id) = AccessKeyId::parse(&text) {
            prop_assert_eq!(id.as_str(), &*text);
            prop_assert_eq!(AccessKeyId::account_in(&text), id.account());
        }
        let _ = AccessKeyId::account_in(&text);
    }
}
