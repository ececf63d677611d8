//! Every case of `conformance/cases` against engine and oracle.

use std::collections::BTreeSet;

use keyward_conformance::cases::{folder, read_all};
use keyward_conformance::compare::run;

#[test]
fn every_case_is_answered_as_expected() {
    let cases = read_all(&folder()).unwrap();
    let failures: Vec<String> = cases.iter().filter_map(run).collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases differ:\n\n{}\n",
        failures.len(),
        cases.len(),
        failures.join("\n\n")
    );
}

#[test]
fn there_are_enough_cases_and_no_two_of_one_name() {
    let cases = read_all(&folder()).unwrap();
    assert!(cases.len() >= 400, "only {} cases", cases.len());
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
}
