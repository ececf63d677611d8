use std::fmt::Write as _;
use std::io::Write as _;

use super::*;

/// Users in the layout of the AWS CLI, as many as make some stretches.
fn account(users: usize) -> String {
    let mut text = String::from("{\n    \"UserDetailList\": [");
    for number in 0..users {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}\n        {{\n            \"UserName\": \"{number}\",\n            \"Arn\": \"arn:aws:iam::111122223333:user/{number}\",\n            \
             \"Tags\": [{{\"Key\": \"]}}\", \"Value\": \"ü{{\\\\\\\"{}\"}}]\n        }}",
            "x".repeat(number % 300)
        );
    }
    text + "\n    ]\n}\n"
}

fn looked_through(text: &[u8], stretches: &[Range<u64>], threads: usize) -> String {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text).unwrap();
    let work = Work::new(&file, text.len() as u64, stretches);
    let found = Skimmer::join(work.done(threads).unwrap(), "x.json");
    format!("{found:?}")
}

fn apart(text: &[u8]) -> Vec<Range<u64>> {
    stretches(text.len() as u64, |range| {
        let end = usize::try_from(range.end).unwrap().min(text.len());
        text[usize::try_from(range.start).unwrap()..end].to_vec()
    })
}

#[test]
fn by_any_number_of_threads() {
    let text = account(15_000);
    let stretches = apart(text.as_bytes());
    assert!(stretches.len() > 3, "{stretches:?}");
    let whole = looked_through(text.as_bytes(), std::slice::from_ref(&ALL), 1);
    assert!(whole.starts_with("Ok") && whole.contains("user/14999"));
    for threads in 1..4 {
        assert_eq!(looked_through(text.as_bytes(), &stretches, threads), whole);
    }
}

/// Files that got shorter or longer, or were cut off, since they were taken apart.
#[test]
fn what_changes_meanwhile() {
    let text = account(15_000);
    let stretches = apart(text.as_bytes());
    let longer = format!("{text}{}", account(1));
    let whole = looked_through(longer.as_bytes(), std::slice::from_ref(&ALL), 1);
    assert!(whole.starts_with("Ok"));
    assert_eq!(looked_through(longer.as_bytes(), &stretches, 2), whole);
    let last = usize::try_from(stretches.last().unwrap().start).unwrap();
    for end in [
        last - 1_000_000,
        last - 1,
        last,
        last + 1,
        last + 100,
        text.len() - 4,
    ] {
        let shorter = &text.as_bytes()[..end];
        let told = looked_through(shorter, &stretches, 2);
        let expected = if end >= last {
            "Err(CutOff)"
        } else {
            "Err(Border)"
        };
        assert_eq!(told, expected, "{end}");
        assert_eq!(
            looked_through(shorter, std::slice::from_ref(&ALL), 1),
            "Err(CutOff)"
        );
    }
}

/// What is wrong in one stretch ends the others, and is told as where all is looked through from the beginning.
#[test]
fn what_is_wrong_in_the_middle() {
    let text = account(15_000).replacen("\"Arn\": \"arn:aws:iam::111122223333:user/7000\",", "", 1);
    let stretches = apart(text.as_bytes());
    for threads in 1..4 {
        assert_eq!(
            looked_through(text.as_bytes(), &stretches, threads),
            "Err(Border)"
        );
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let told = index(file.as_file(), text.len() as u64, "x").unwrap();
    assert_eq!(told.unwrap_err(), Unfit::Other);
    assert!(skim(file.path()).unwrap().is_none());
}
