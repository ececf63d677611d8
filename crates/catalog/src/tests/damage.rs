use super::table::FIXTURE;
use crate::frame::{self, FrameError};
use crate::*;

fn check(from: &str, to: &str, expected: &str) {
    assert_eq!(
        FIXTURE.matches(from).count(),
        1,
        "{from:?} stands once in the fixture"
    );
    match read::tables(&FIXTURE.replace(from, to)) {
        Ok(_) => panic!("{to:?} was read"),
        Err(error) => assert_eq!(error.problem, expected, "{to:?}"),
    }
}

#[test]
fn damaged_tables_are_refused() {
    check(
        "keyward actions 1",
        "keyward actions 2",
        "not the line that the format has here",
    );
    check("sources\t1", "sources\t2", "a field is missing");
    check("keys\t2", "keys\tx", "not a number in range");
    check("keys\t2", "lists\t2", "another section was expected");
    check(
        "demo:Color\tArrayOfString",
        "demo:Color\tColour",
        "an unknown type of condition key",
    );
    check(
        "demo:Color\tArrayOfString",
        "aws:Color\tArrayOfString",
        "the names are not in order",
    );
    check(
        "demo:Color\tArrayOfString",
        "demo:${a}${b}\tString",
        "a template has one placeholder",
    );
    check(
        "services\t2",
        "services\t1",
        "not the line that the format has here",
    );
    check("services\t2", "services\t3", "a field is missing");
    check(
        "service\tdemo\trcp",
        "service\tdemo\tyes",
        "neither rcp nor -",
    );
    check(
        "service\tother",
        "service\tabc",
        "the names are not in order",
    );
    check("service\tother", "other\tother", "a service was expected");
    check("::thing/", ":thing/", "an ARN has six parts");
    check("\tList\t", "\tPeek\t", "an unknown access level");
    check(
        "MakeThing\tWrite\t",
        "MakeThing\tWrite\t9",
        "no such position",
    );
    check("0,1*/3", "0,2*/3", "no such position");
    check("0,1*/3", "0,1*/9", "no such position");
    check("MakeThing", "AMakeThing", "the names are not in order");
    check("\nend\n", "\nend\nend\n", "something follows the end");
    check("\nend\n", "\n", "the table is cut short");
}

#[test]
fn no_cut_or_dropped_line_panics() {
    let text = frame::only(ACTIONS).unwrap();
    // All lines of the fixture, some of the many of the real table.
    for (table, step) in [(FIXTURE, 1), (&text, 4_999)] {
        let lines: Vec<&str> = table.lines().collect();
        for number in (0..lines.len()).step_by(step) {
            assert!(
                read::tables(&lines[..number].join("\n")).is_err(),
                "cut before line {number}"
            );
            let without: Vec<&str> = [&lines[..number], &lines[number + 1..]].concat();
            assert!(
                read::tables(&without.join("\n")).is_err(),
                "without line {number}"
            );
        }
    }
}

#[test]
fn no_changed_character_panics() {
    for position in 0..FIXTURE.len() {
        for replacement in ["", "0", "9", "\t", "\n", ",", "$", "é"] {
            let mut changed = FIXTURE.to_owned();
            changed.replace_range(position..=position, replacement);
            if let Ok(tables) = read::tables(&changed) {
                // What can still be read can be walked.
                let actions = tables.services().flat_map(Service::actions);
                let walked = actions.map(|action| {
                    let resources = action
                        .resource_types()
                        .map(|used| used.condition_keys().count())
                        .sum::<usize>();
                    resources + action.condition_keys().count() + action.dependent_actions().count()
                });
                assert!(walked.sum::<usize>() < 100);
            }
        }
    }
}

#[test]
fn damaged_frames_are_refused() {
    assert_eq!(frame::only(&[]), Err(FrameError::Length));
    assert_eq!(frame::only(&[1, 0, 0]), Err(FrameError::Length));
    assert_eq!(frame::only(&[2, 0, 0, 0, 7]), Err(FrameError::Length));
    assert_eq!(frame::only(&[0, 0, 0, 0]), Err(FrameError::Content));
    assert_eq!(
        frame::only(&[ACTIONS, &[0, 0, 0, 0]].concat()),
        Err(FrameError::Length)
    );
    let (index, blocks) = frame::split_first(POLICIES).unwrap();
    for cut in (0..index.len()).step_by(997) {
        assert_eq!(
            frame::unpack(&index[..cut]),
            Err(FrameError::Content),
            "cut at {cut}"
        );
    }
    let packed = blocks[0];
    for position in (0..packed.len()).step_by(41) {
        let mut changed = packed.to_vec();
        changed[position] ^= 0x10;
        assert!(
            frame::unpack(&changed).is_err(),
            "the checksum sees a changed byte at {position}"
        );
    }
}

#[test]
fn damaged_indexes_are_refused() {
    let check =
        |index: &str, blocks: Vec<&'static [u8]>, expected: &str| match managed::PolicyTable::read(
            index, blocks,
        ) {
            Ok(_) => panic!("{index:?} was read"),
            Err(error) => assert_eq!(error.problem, expected, "{index:?}"),
        };
    let index = "keyward policies 1\nsources\t0\nblocks\t1\nblock\t2\na\t/\tv1\t1\t2\t3\nb\t/x/\tv1\t1\t2\t3\nend\n";
    let table = managed::PolicyTable::read(index, vec![&[]]).unwrap();
    assert!(
        table
            .policies()
            .all(|policy| policy.try_document().is_none()),
        "a block that does not unpack"
    );
    check(index, Vec::new(), "there are not as many blocks");
    check(
        &index.replace("b\t/x/", "a\t/x/"),
        vec![&[]],
        "the names are not in order",
    );
    check(
        &index.replace("/x/", "/x"),
        vec![&[]],
        "a path starts and ends with a slash and a name has none",
    );
    check(
        &index.replace("2\t3\nb", "2\t-3\nb"),
        vec![&[]],
        "not a number in range",
    );
    check(
        &index.replace("block\t2", "block\t3"),
        vec![&[]],
        "a field is missing",
    );
    check(
        &index.replace("block\t2", "block\t1"),
        vec![&[]],
        "not the line that the format has here",
    );
}
