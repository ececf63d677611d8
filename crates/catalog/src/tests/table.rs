use crate::*;

/// What `cargo xtask catalog` prints of a small model, with a percent sign between its frames; its tests hold the printer to
/// the same file.
pub(crate) const FIXTURE: &str = include_str!("../../fixtures/actions.txt");

/// Returns the frames of a text such as the fixture.
pub(crate) fn frames(text: &str) -> Frames<'static> {
    Frames::of_texts(text.split("%\n"))
}

#[test]
fn fixture() {
    let frames = frames(FIXTURE);
    let tables = read::tables(&frames).unwrap();
    let prefixes: Vec<&str> = tables.services().map(Service::prefix).collect();
    assert_eq!(prefixes, ["demo", "other"]);
    let demo = tables.service("Demo").unwrap();
    assert!(demo.is_covered_by_rcps());
    assert_eq!(
        demo.condition_keys()
            .map(|key| key.name)
            .collect::<Vec<_>>(),
        ["aws:TagKeys", "demo:Color"]
    );
    let make = demo.action("makething").unwrap();
    assert_eq!(make.access_level(), AccessLevel::Write);
    let uses: Vec<String> = make
        .resource_types()
        .map(|used| format!("{used:?}"))
        .collect();
    assert_eq!(
        uses,
        [
            r#"ActionResource("box", false)"#,
            r#"ActionResource("Thing", true)"#
        ]
    );
    let thing = make.resource_types().last().unwrap();
    assert_eq!(
        thing
            .condition_keys()
            .map(|key| key.name)
            .collect::<Vec<_>>(),
        ["demo:Color"]
    );
    assert_eq!(
        thing.resource_type().arn_patterns().collect::<Vec<_>>(),
        ["arn:${Partition}:demo:::thing/${Name}", "*"]
    );
    assert_eq!(
        make.dependent_actions().collect::<Vec<_>>(),
        ["demo:ListThings", "other:Do"]
    );
    assert!(demo.action("ListThings").unwrap().is_wildcard_only());
    assert!(
        condition::find(&tables, "demo:Color")
            .unwrap()
            .is_multivalued()
    );
    assert!(
        condition::find(&tables, "aws:SourceIp").is_some(),
        "the global keys need no table"
    );
}

#[test]
fn names_and_patterns_have_their_form() {
    for service in services() {
        let form = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(service.prefix().bytes().all(form), "{service:?}");
        assert!(service.actions().next().is_some(), "{service:?}");
        for action in service.actions() {
            assert!(
                action
                    .name()
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                "{action:?}"
            );
            for dependent in action.dependent_actions() {
                assert!(
                    crate::action(dependent).is_some(),
                    "{action:?} needs {dependent}"
                );
            }
        }
        for resource_type in service.resource_types() {
            for pattern in resource_type.arn_patterns() {
                let parts: Vec<&str> = pattern.splitn(6, ':').collect();
                let [arn, partition, owner, _, _, name] = parts[..] else {
                    panic!("{resource_type:?}: {pattern}")
                };
                assert_eq!(
                    (arn, partition),
                    ("arn", "${Partition}"),
                    "{resource_type:?}: {pattern}"
                );
                assert!(
                    !owner.is_empty() && !name.is_empty(),
                    "{resource_type:?}: {pattern}"
                );
                assert_eq!(
                    pattern.matches("${").count(),
                    pattern.matches('}').count(),
                    "{resource_type:?}: {pattern}"
                );
            }
        }
    }
}

#[test]
fn every_name_is_found_in_any_case() {
    for service in services() {
        for action in service.actions() {
            let name = format!("{}:{}", service.prefix(), action.name());
            let found = crate::action(&name.to_ascii_uppercase()).unwrap();
            assert_eq!(
                (found.service().prefix(), found.name()),
                (service.prefix(), action.name())
            );
        }
    }
    let wildcard_only = services()
        .flat_map(Service::actions)
        .filter(|action| action.is_wildcard_only())
        .count();
    assert_eq!(wildcard_only, 6_724);
}
