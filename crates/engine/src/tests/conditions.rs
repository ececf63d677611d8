//! Condition operators: what each makes of missing, single, several and empty values, in an Allow and in a Deny.

use super::world::{Case, GO, check, run, words};
use crate::Decision;

/// The values of key `k` in a request.
#[derive(Clone, Copy, Debug)]
enum Has {
    Nothing,
    One(&'static str),
    Many(&'static [&'static str]),
}

use Has::{Many, Nothing, One};

/// Checks whether a condition holds in an Allow and in a Deny; `key` stands for the request's key.
fn check_key(key: &str, condition: &str, has: Has, in_allow: bool, in_deny: bool) {
    let (single, list);
    let mut context: &[(&str, &str)] = &[];
    let mut lists: &[(&str, &[&str])] = &[];
    match has {
        Nothing => {}
        One(value) => {
            single = [(key, value)];
            context = &single;
        }
        Many(values) => {
            list = [(key, values)];
            lists = &list;
        }
    }
    let allow = format!("+s3:* ?{condition}");
    let case = Case { context, lists, ..GO };
    let allowed = matches!(run(&Case { id: &[&allow], ..case }).0, Decision::Allow(_));
    assert_eq!(allowed, in_allow, "{condition} with {has:?} in an Allow");
    let deny = format!("-s3:* ?{condition}");
    let (decision, _) = run(&Case { id: &["+*", &deny], ..case });
    let denied = matches!(decision, Decision::ExplicitDeny(_));
    assert_eq!(denied, in_deny, "{condition} with {has:?} in a Deny");
}

fn both(condition: &str, has: Has, expected: bool) {
    check_key("k", condition, has, expected, expected);
}

fn each(condition: &str, has: Has, in_allow: bool, in_deny: bool) {
    check_key("k", condition, has, in_allow, in_deny);
}

/// A condition on key `k`.
fn on(operator: &str, values: &str) -> String {
    format!(r#"{{"{operator}":{{"k":{values}}}}}"#)
}

#[test]
fn strings() {
    let ab = r#"["a","b"]"#;
    for (operator, values, value, expected) in [
        ("StringEquals", ab, "a", true),
        ("StringEquals", ab, "c", false),
        ("StringEquals", ab, "A", false),
        ("StringEquals", r#""a*""#, "ab", false),
        ("StringEquals", r#""a*""#, "a*", true),
        ("StringEquals", r#""""#, "", true),
        ("StringNotEquals", ab, "a", false),
        ("StringNotEquals", ab, "c", true),
        ("StringEqualsIgnoreCase", r#""Straße""#, "STRAße", true),
        ("StringEqualsIgnoreCase", r#""É""#, "é", true),
        ("StringEqualsIgnoreCase", r#""a""#, "b", false),
        ("StringEqualsIgnoreCase", r#""a""#, "aa", false),
        ("StringEqualsIgnoreCase", r#""a*""#, "AB", false),
        ("StringNotEqualsIgnoreCase", r#""a""#, "A", false),
        ("StringNotEqualsIgnoreCase", r#""a""#, "b", true),
        ("StringLike", r#""a*""#, "abc", true),
        ("StringLike", r#""a*""#, "Abc", false),
        ("StringLike", r#""a?c""#, "a/c", true),
        ("StringLike", r#""a?c""#, "ac", false),
        ("StringLike", r#""*""#, "", true),
        ("StringLike", r#""a*c*e""#, "a:b/c/d:e", true),
        ("StringLike", r#"["","home/"]"#, "", true),
        ("StringLike", r#"["","home/"]"#, "home/", true),
        ("StringLike", r#"["","home/"]"#, "home/x", false),
        ("StringNotLike", r#""a*""#, "abc", false),
        ("StringNotLike", r#"["a*","b*"]"#, "c", true),
    ] {
        both(&on(operator, values), One(value), expected);
    }
}

#[test]
fn numbers() {
    for (operator, wanted, value, expected) in [
        ("NumericEquals", "5", "5.0", true),
        ("NumericEquals", "5", "6", false),
        ("NumericNotEquals", "5", "6", true),
        ("NumericNotEquals", "5", "5", false),
        ("NumericLessThan", "5", "4.99", true),
        ("NumericLessThan", "5", "5", false),
        ("NumericLessThanEquals", "5", "5", true),
        ("NumericLessThanEquals", "5", "5.01", false),
        ("NumericGreaterThan", "5", "6", true),
        ("NumericGreaterThan", "5", "5", false),
        ("NumericGreaterThanEquals", "5", "5", true),
        ("NumericGreaterThanEquals", "-5", "-6", false),
        ("NumericEquals", "[4,5]", "5", true),
        ("NumericNotEquals", "[4,5]", "5", false),
    ] {
        both(&on(operator, wanted), One(value), expected);
    }
    // What is no number neither equals nor safely differs.
    for (wanted, value) in [("5", "abc"), ("5", ""), (r#""abc""#, "5"), (r#""5*""#, "55"), (r#""1e3""#, "1000")] {
        each(&on("NumericEquals", wanted), One(value), false, false);
        each(&on("NumericNotEquals", wanted), One(value), false, true);
        each(&on("NumericLessThan", wanted), One(value), false, false);
    }
    each(&on("NumericNotEquals", r#"["abc",5]"#), One("6"), false, true);
    each(&on("NumericNotEquals", r#"["abc",5]"#), One("5"), false, false);
    each(&on("NumericEquals", r#"["abc",5]"#), One("5"), true, true);
}

#[test]
fn dates() {
    for (operator, wanted, value, expected) in [
        ("DateEquals", "2020-01-01T00:00:00Z", "1577836800", true),
        ("DateEquals", "2020", "2020-01-01", true),
        ("DateNotEquals", "2020-01-01", "2020-01-02", true),
        ("DateLessThan", "2020-01-02", "2020-01-01T23:59:59.999Z", true),
        ("DateLessThan", "2020-01-02", "2020-01-02T00:00Z", false),
        ("DateLessThanEquals", "2020-01-02", "2020-01-02T00:00Z", true),
        ("DateGreaterThan", "2020-01-01T00:00:00+02:00", "2019-12-31T22:30:00Z", true),
        ("DateGreaterThan", "2020", "2020-01-01T00:00:00Z", false),
        ("DateGreaterThanEquals", "2020", "2020-01-01T00:00:00Z", true),
    ] {
        both(&on(operator, &format!("{wanted:?}")), One(value), expected);
    }
    for (wanted, value) in [("2020-02-30", "2020-01-01"), ("2020", "yesterday"), ("2020*", "2020")] {
        each(&on("DateLessThan", &format!("{wanted:?}")), One(value), false, false);
        each(&on("DateNotEquals", &format!("{wanted:?}")), One(value), false, true);
    }
}

#[test]
fn booleans_and_binary() {
    both(&on("Bool", "true"), One("True"), true);
    both(&on("Bool", r#""TRUE""#), One("false"), false);
    both(&on("Bool", r#"["true","false"]"#), One("false"), true);
    each(&on("Bool", r#""yes""#), One("yes"), false, false);
    each(&on("Bool", "true"), One("1"), false, false);
    both(&on("BinaryEquals", r#""QUJD""#), One("ABC"), true);
    both(&on("BinaryEquals", r#""QUJD""#), One("ABD"), false);
    each(&on("BinaryEquals", r#""QUJ""#), One("ABC"), false, false);
}

#[test]
fn addresses() {
    for (operator, wanted, value, expected) in [
        ("IpAddress", r#"["203.0.113.0/24","2001:db8::/32"]"#, "203.0.113.7", true),
        ("IpAddress", r#"["203.0.113.0/24","2001:db8::/32"]"#, "2001:db8::7", true),
        ("IpAddress", r#""203.0.113.0/24""#, "203.0.114.7", false),
        ("NotIpAddress", r#""10.0.0.0/8""#, "10.1.2.3", false),
        ("NotIpAddress", r#""10.0.0.0/8""#, "2001:db8::1", true),
        ("NotIpAddress", r#""10.0.0.0/8""#, "11.0.0.1", true),
        ("NotIpAddress", r#"["10.0.0.0/8","11.0.0.0/8"]"#, "11.0.0.1", false),
    ] {
        both(&on(operator, wanted), One(value), expected);
    }
    both(&on("NotIpAddress", r#""10.0.0.0/8""#), Nothing, true);
    each(&on("NotIpAddress", r#""10.0.0.0/40""#), One("11.0.0.1"), false, true);
    each(&on("IpAddress", r#""nowhere""#), One("11.0.0.1"), false, false);
}

#[test]
fn arns() {
    for (wanted, value, expected) in [
        ("arn:aws:sns:*:1:t", "arn:aws:sns:r:1:t", true),
        ("arn:aws:sns:*:1:t", "arn:aws:sns:r:x:1:t", false),
        ("arn:aws:sns:r:1:t*", "arn:aws:sns:r:1:t:x/y", true),
        ("arn:aws:sns:r:1:?", "arn:aws:sns:r:1:t", true),
        ("arn:AWS:sns:r:1:t", "arn:aws:sns:r:1:t", false),
        ("arn:*:*:*:*:*", "arn:aws:s3:::b/o", true),
    ] {
        for (positive, negated) in [("ArnEquals", "ArnNotEquals"), ("ArnLike", "ArnNotLike")] {
            both(&on(positive, &format!("{wanted:?}")), One(value), expected);
            both(&on(negated, &format!("{wanted:?}")), One(value), !expected);
        }
    }
    for (wanted, value) in [("*", "arn:aws:s3:::b"), ("arn:aws:s3:::*", "*"), ("arn:aws:s3", "arn:aws:s3:::b")] {
        each(&on("ArnLike", &format!("{wanted:?}")), One(value), false, false);
        each(&on("ArnNotLike", &format!("{wanted:?}")), One(value), false, true);
    }
}

#[test]
fn missing_keys() {
    for (operator, in_allow, in_deny) in [
        ("StringEquals", false, false),
        ("StringNotEquals", true, true),
        ("StringLike", false, false),
        ("StringNotLike", true, true),
        ("ArnNotEquals", true, true),
        ("NumericNotEquals", true, true),
        ("DateNotEquals", true, true),
        ("Bool", false, false),
        ("IpAddress", false, false),
        ("NotIpAddress", true, true),
        ("StringEqualsIfExists", true, true),
        ("StringNotEqualsIfExists", true, true),
        ("BoolIfExists", true, true),
        ("ForAllValues:StringEquals", true, true),
        ("ForAllValues:StringNotEquals", true, true),
        ("ForAllValues:StringEqualsIfExists", true, true),
        ("ForAnyValue:StringEquals", false, false),
        ("ForAnyValue:StringNotEquals", false, false),
        ("ForAnyValue:StringEqualsIfExists", false, true),
        ("ForAnyValue:StringNotEqualsIfExists", false, true),
    ] {
        each(&on(operator, r#""1""#), Nothing, in_allow, in_deny);
        // A multivalued key with no value is as good as missing.
        each(&on(operator, r#""1""#), Many(&[]), in_allow, in_deny);
    }
    both(&on("StringEqualsIfExists", r#""a""#), One("b"), false);
    both(&on("StringNotEqualsIfExists", r#""a""#), One("a"), false);
}

#[test]
fn set_operators() {
    let (all, any) = ("ForAllValues:StringEquals", "ForAnyValue:StringEquals");
    let (all_not, any_not) = ("ForAllValues:StringNotEquals", "ForAnyValue:StringNotEquals");
    for (operator, values, has, expected) in [
        (all, r#"["a","b","c"]"#, Many(&["a", "b"]), true),
        (all, r#"["a"]"#, Many(&["a", "b"]), false),
        (all, r#"["a"]"#, Many(&[""]), true),
        (all, r#"["a"]"#, Many(&["a", ""]), false),
        (all, r#"["a"]"#, One("a"), true),
        (all, r#"["a"]"#, One("b"), false),
        (all, r#"["a"]"#, One(""), true),
        (any, r#"["a"]"#, Many(&["a", "b"]), true),
        (any, r#"["c"]"#, Many(&["a", "b"]), false),
        (any, r#"["a"]"#, Many(&["", ""]), false),
        (any, r#"["a"]"#, One("a"), true),
        (any, r#"[""]"#, Many(&["", "x"]), true),
        (all_not, r#"["a"]"#, Many(&["a", "b"]), false),
        (all_not, r#"["a"]"#, Many(&["b"]), true),
        (all_not, r#"["a","b"]"#, Many(&["c", "b"]), false),
        (any_not, r#"["a"]"#, Many(&["a", "b"]), true),
        (any_not, r#"["a"]"#, Many(&["a"]), false),
        (any_not, r#"["a","b"]"#, Many(&["a", "b"]), false),
        ("ForAnyValue:StringLikeIfExists", r#"["a*"]"#, Many(&["b", "ab"]), true),
    ] {
        both(&on(operator, values), has, expected);
    }
}

#[test]
fn multivalued_keys_without_set_operator() {
    for (operator, has, in_allow, in_deny) in [
        ("StringEquals", Many(&["a"]), false, true),
        ("StringEquals", Many(&["a", "b"]), false, true),
        ("StringEquals", Many(&["b"]), false, false),
        ("StringNotEquals", Many(&["b"]), false, true),
        ("StringNotEquals", Many(&["a"]), false, false),
        ("StringEqualsIfExists", Many(&["a"]), false, true),
        ("StringNotEquals", Many(&[""]), false, false),
        ("StringNotEquals", Many(&["", "b"]), false, true),
    ] {
        each(&on(operator, r#""a""#), has, in_allow, in_deny);
    }
}

#[test]
fn empty_value_lists() {
    for (operator, has, in_allow, in_deny) in [
        ("StringEquals", One("a"), false, true),
        ("StringEquals", Nothing, false, true),
        ("StringNotEquals", One("a"), false, true),
        ("StringEqualsIfExists", One("a"), false, false),
        ("StringEqualsIfExists", Nothing, true, true),
        ("ForAllValues:StringEquals", Many(&["a"]), false, false),
        ("ForAllValues:StringEquals", Nothing, true, true),
        ("ForAnyValue:StringEquals", Many(&["a"]), false, false),
        ("ForAnyValue:StringEquals", Nothing, false, false),
        ("Null", Nothing, false, true),
    ] {
        each(&on(operator, "[]"), has, in_allow, in_deny);
    }
    both("{}", Nothing, true);
    both(r#"{"StringEquals":{}}"#, Nothing, true);
}

#[test]
fn null() {
    for (operator, wanted, has, expected) in [
        ("Null", "true", Nothing, true),
        ("Null", "true", One("x"), false),
        ("Null", "false", Nothing, false),
        ("Null", "false", One("x"), true),
        ("Null", "true", One(""), false),
        ("Null", "true", Many(&[]), true),
        ("Null", "true", Many(&[""]), true),
        ("Null", "false", Many(&["", "x"]), true),
        ("Null", r#"["true","false"]"#, One("x"), true),
        ("Null", r#""True""#, Nothing, true),
        ("ForAllValues:Null", "true", One("x"), true),
        ("ForAnyValue:Null", "true", Nothing, false),
        ("Null", r#""maybe""#, Nothing, false),
    ] {
        both(&on(operator, wanted), has, expected);
    }
    let tag = r#"{"Null":{"aws:RequestTag/t":"true"}}"#;
    check_key("aws:RequestTag/t", tag, One(""), true, true);
    check_key("aws:RequestTag/t", tag, One("x"), false, false);
}

#[test]
fn unknown_operators() {
    for operator in ["StringIs", "stringequals", "NullIfExists", "ForAnyValue::StringEquals", "StringEqualsifExists"] {
        for has in [Nothing, One("a"), Many(&["a"])] {
            each(&on(operator, r#""a""#), has, false, true);
        }
    }
}

#[test]
fn key_names() {
    check_key("AWS:principaltag/TEAM", r#"{"StringEquals":{"aws:PrincipalTag/Team":"x"}}"#, One("x"), true, true);
    // Two spellings in the policy: both must hold in an Allow, either suffices in a Deny.
    let twins = r#"{"StringEquals":{"aws:PrincipalTag/Team":"x","aws:principaltag/team":"y"}}"#;
    check_key("aws:PrincipalTag/Team", twins, One("x"), false, true);
    check_key("aws:PrincipalTag/Team", twins, One("z"), false, false);
    let mixed = r#"{"StringEquals":{"k":"x","aws:PrincipalAccount":"0","K":"y"}}"#;
    check_key("k", mixed, One("y"), false, false);
    let mixed = r#"{"StringEquals":{"k":"x","aws:PrincipalAccount":"111111111111","K":"y"}}"#;
    check_key("k", mixed, One("y"), false, true);
    // Two spellings in the request: no shadow.
    let deny = r#"-s3:* ?{"StringEquals":{"k":"a"}}"#;
    let allow = r#"+s3:* ?{"StringEquals":{"k":"a"}}"#;
    for (context, allowed, denied) in [
        ([("k", "a"), ("K", "b")], false, true),
        ([("K", "b"), ("k", "a")], false, true),
        ([("k", "a"), ("K", "a")], true, true),
        ([("k", "b"), ("K", "b")], false, false),
    ] {
        let decision = run(&Case { id: &[allow], context: &context, ..GO }).0;
        assert_eq!(words(&decision), if allowed { "allow identity" } else { "implicit identity" }, "{context:?}");
        let decision = run(&Case { id: &["+*", deny], context: &context, ..GO }).0;
        assert_eq!(words(&decision), if denied { "explicit identity" } else { "allow identity" }, "{context:?}");
    }
}

#[test]
fn several_conditions() {
    let context = [("k", "a"), ("l", "b")];
    let case = Case { context: &context, ..GO };
    for (condition, expected) in [
        (r#"{"StringEquals":{"k":"a","l":"b"}}"#, true),
        (r#"{"StringEquals":{"k":"a","l":"x"}}"#, false),
        (r#"{"StringEquals":{"k":"a"},"StringNotEquals":{"l":"b"}}"#, false),
        (r#"{"StringEquals":{"k":"a"},"StringLike":{"l":"*"},"Null":{"m":"true"}}"#, true),
        (r#"{"StringEquals":{"k":"x"},"StringLike":{"l":"*"}}"#, false),
    ] {
        let statement = format!("+s3:* ?{condition}");
        check(
            condition,
            Case { id: &[&statement], ..case },
            if expected { "allow identity" } else { "implicit identity" },
        );
    }
}
