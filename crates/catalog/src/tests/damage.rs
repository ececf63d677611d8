use super::table::{self, FIXTURE};
use crate::frame::{self, FrameError, Frames};
use crate::lines::ReadTableError;
use crate::*;

/// Reads all of a table.
fn read_all(frames: &Frames<'_>) -> Result<(), ReadTableError> {
    read::tables(frames)?.read_all()
}

fn check(from: &str, to: &str, expected: &str) {
    assert_eq!(
        FIXTURE.matches(from).count(),
        1,
        "{from:?} stands once in the fixture"
    );
    match read_all(&table::frames(&FIXTURE.replace(from, to))) {
        Ok(()) => panic!("{to:?} was read"),
        Err(error) => assert_eq!(error.problem, expected, "{to:?}"),
    }
}

#[test]
fn damaged_indexes_of_actions_are_refused() {
    check(
        "keyward actions 2",
        "keyward actions 1",
        "not the line that the format has here",
    );
    check("sources\t1", "sources\t2", "a field is missing");
    check("MIT\nkeys\t2", "MIT\nkeys\tx", "not a number in range");
    check(
        "MIT\nkeys\t2",
        "MIT\nlists\t2",
        "another section was expected",
    );
    check("MIT\nkeys\t2", "MIT\nkeys\t3", "the index counts otherwise");
    check("blocks\t1", "blocks\t2", "there are not as many blocks");
    check("blocks\t1", "blocks\t0", "there are not as many blocks");
    check("\nend\n", "\nend\n%\n", "there are not as many blocks");
    check(
        "\nblock\t2",
        "\nblock\t1",
        "not the line that the format has here",
    );
    check("\nblock\t2", "\nblock\t3", "a field is missing");
    check("demo\trcp", "demo\tyes", "neither rcp nor -");
    check("rcp\t2", "rcp\t4", "no such position");
    check("other\t-", "abc\t-", "the names are not in order");
    check("\nend\n", "\nend\nend\n", "something follows the end");
    check("\nend\n", "\n", "the table is cut short");
    let empty = FIXTURE.replace("blocks\t1\n", "blocks\t2\nblock\t0\n") + "%\n";
    let error = read_all(&table::frames(&empty)).unwrap_err();
    assert_eq!(error.problem, "a block has no service");
}

#[test]
fn damaged_tables_are_refused() {
    check("%\nkeys\t2", "%\nlists\t2", "another section was expected");
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
    check("\n%\nlists", "\nend\n%\nlists", "something follows the end");
    check("lists\t4\n\n0", "lists\t4\n1\n0", "the first list is empty");
    check("0,1\n", "0,2\n", "no such position");
    check(
        "dependents\t2\n\n",
        "dependents\t2\nx\n",
        "the first list is empty",
    );
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
}

#[test]
fn blocks_that_are_not_the_index_s_are_refused() {
    let expected = "the service was expected";
    check("service\tother", "service\tabc", expected);
    check("service\tother", "other\tother", expected);
    check("rcp\t2\t2\t2", "rcp\t2\t1\t2", "a field is missing");
    check("rcp\t2\t2\t2", "rcp\t2\t2\t1", "something follows the end");
    check("rcp\t2\t2\t2", "rcp\t2\t2\t3", "a field is missing");
    check("-\t0\t0\t1", "-\t0\t0\t2", "the table is cut short");
    check("-\t0\t0\t1", "-\t0\t0\t0", "something follows the end");
    // Even of a service that is whole in a block that is not.
    let frames = table::frames(&format!("{FIXTURE}more\n"));
    let tables = read::tables(&frames).unwrap();
    let demo = read::body(&tables, &tables.services[0]);
    assert_eq!(
        demo.err().map(|it| it.problem),
        Some("something follows the end")
    );
}

#[test]
fn no_cut_or_dropped_line_panics() {
    let real = Frames::new(ACTIONS).unwrap();
    let texts: Vec<&str> = (0..real.count())
        .map(|number| real.text(number).unwrap())
        .collect();
    // All lines of the fixture, some of the many of the real table.
    for (table, step) in [(FIXTURE, 1), (&texts.join("%\n"), 4_999)] {
        let lines: Vec<&str> = table.lines().collect();
        for number in (0..lines.len()).step_by(step) {
            let is_refused = |lines: &[&str]| {
                let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
                read_all(&table::frames(&text)).is_err()
            };
            assert!(is_refused(&lines[..number]), "cut before line {number}");
            let without: Vec<&str> = [&lines[..number], &lines[number + 1..]].concat();
            assert!(is_refused(&without), "without line {number}");
        }
    }
}

#[test]
fn no_changed_character_panics() {
    for position in 0..FIXTURE.len() {
        for replacement in ["", "0", "9", "\t", "\n", ",", "$", "%", "é"] {
            let mut changed = FIXTURE.to_owned();
            changed.replace_range(position..=position, replacement);
            let frames = table::frames(&changed);
            let Ok(tables) = read::tables(&frames) else {
                continue;
            };
            if tables.read_all().is_ok() {
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
    let frames = |bytes: &'static [u8]| Frames::new(bytes).map(|frames| frames.count());
    assert_eq!(frames(&[]), Ok(0));
    assert_eq!(frames(&[1, 0, 0]), Err(FrameError::Length));
    assert_eq!(frames(&[2, 0, 0, 0, 7]), Err(FrameError::Length));
    let empty = Frames::new(&[0, 0, 0, 0]).unwrap();
    assert_eq!(empty.text(0), Err(FrameError::Content));
    assert_eq!(empty.text(1), Err(FrameError::Length));
    for unsound in [&empty, &Frames::new(&[]).unwrap()] {
        let error = read_all(unsound).unwrap_err();
        assert_eq!(error.problem, "a frame does not unpack");
    }
    let more = [ACTIONS, &[0, 0, 0, 0]].concat();
    let error = read_all(&Frames::new(&more).unwrap()).unwrap_err();
    assert_eq!(error.problem, "there are not as many blocks");
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
