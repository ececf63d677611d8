use std::collections::BTreeSet;

use super::actions::{Action, ActionResource, Actions, Name, ResourceType, Service, insert};
use super::managed::{Policies, Policy};
use super::{Source, frame, moto};

/// The same file that the crate's reader is tested with.
const FIXTURE: &str = include_str!("../../../catalog/fixtures/actions.txt");

fn source() -> Source {
    let [name, version, date, licence] =
        ["example", "1.2.3", "2026-01-02", "MIT"].map(str::to_owned);
    Source {
        name,
        version,
        date,
        licence,
    }
}

fn keys(names: &[&str]) -> BTreeSet<Name> {
    names.iter().map(|name| Name::new(name)).collect()
}

fn action(level: &str, names: &[&str]) -> Action {
    Action {
        access_level: level.to_owned(),
        keys: keys(names),
        ..Action::default()
    }
}

/// Returns the frames of the fixture, which stand between lines of a percent sign.
fn fixture() -> Vec<String> {
    FIXTURE.split("%\n").map(str::to_owned).collect()
}

/// The fixture's model; `turned` puts its parts in another order.
fn model(turned: bool) -> Actions {
    let mut make = action("Write", &["aws:TagKeys"]);
    make.resources.insert(
        Name::new("Thing"),
        ActionResource {
            required: true,
            keys: keys(&["demo:Color"]),
        },
    );
    make.resources
        .insert(Name::new("box"), ActionResource::default());
    make.dependents = ["other:Do", "demo:ListThings"].map(str::to_owned).into();
    let box_pattern = "arn:${Partition}:demo:${Region}:${Account}:box/${Name}".to_owned();
    let thing_patterns = vec![
        "arn:${Partition}:demo:::thing/${Name}".to_owned(),
        "*".to_owned(),
    ];
    let mut types = [
        (
            "box",
            ResourceType {
                arn_patterns: vec![box_pattern],
                keys: keys(&["aws:TagKeys"]),
            },
        ),
        (
            "Thing",
            ResourceType {
                arn_patterns: thing_patterns,
                keys: keys(&[]),
            },
        ),
    ];
    let mut actions = [("ListThings", action("List", &[])), ("MakeThing", make)];
    if turned {
        types.reverse();
        actions.reverse();
    }
    let mut demo = Service {
        covered_by_rcps: true,
        keys: keys(&["demo:Color", "aws:TagKeys"]),
        ..Service::default()
    };
    for (name, resource_type) in types {
        insert(&mut demo.resource_types, name, resource_type).unwrap();
    }
    for (name, action) in actions {
        insert(&mut demo.actions, name, action).unwrap();
    }
    let mut other = Service::default();
    insert(
        &mut other.actions,
        "Do",
        action("Permissions management", &[]),
    )
    .unwrap();
    let mut services = vec![("demo", demo), ("other", other)];
    if turned {
        services.reverse();
    }
    let mut model = Actions {
        sources: vec![source()],
        ..Actions::default()
    };
    for (prefix, service) in services {
        insert(&mut model.services, prefix, service).unwrap();
    }
    for name in ["aws:TagKeys", "demo:Color"] {
        model
            .keys
            .insert(Name::new(name), "ArrayOfString".to_owned());
    }
    model
}

#[test]
fn the_table_does_not_depend_on_order() {
    assert_eq!(model(false).frames().unwrap(), fixture());
    assert_eq!(model(true).frames().unwrap(), fixture());
    let pack = |turned| frame::pack(&model(turned).frames().unwrap()).unwrap();
    assert_eq!(pack(false), pack(true));
    assert_eq!(frame::unpack(&pack(false)).unwrap(), fixture());
}

#[test]
fn unsound_models_are_refused() {
    let mut services = model(false).services;
    assert!(
        insert(&mut services, "DEMO", Service::default()).is_err(),
        "two services of one name"
    );
    assert!(
        insert(&mut services, "a\tb", Service::default()).is_err(),
        "a tab in a name"
    );
    let mut untyped = model(false);
    untyped.keys.remove(&Name::new("demo:Color"));
    assert!(untyped.frames().is_err(), "a key without a type");
    assert!(frame::unpack(&[1, 0, 0, 0]).is_err());
}

#[test]
fn policies() {
    let check = |json: &str, expected: Result<&[&str], ()>| {
        let read = moto::policies(&format!("data = \"\"\"{json}\"\"\""), "5".to_owned());
        let frames = read.and_then(|policies| policies.frames());
        assert_eq!(
            frames.map_err(|_| ()),
            expected.map(|frames| frames.iter().map(|&frame| frame.to_owned()).collect())
        );
    };
    let rest = r#""CreateDate":"2026-03-26T03:42:09+00:00","DefaultVersionId":"v2","Document":{"A":[1, "b c"]},
        "Path":"/x/","PermissionsBoundaryUsageCount":0,"UpdateDate":"2026-03-27T03:42:10+00:00""#;
    let index = "keyward policies 1\nsources\t1\nmoto\t5\t2026-03-27\tApache-2.0\nblocks\t1\nblock\t1\n\
                 P\t/x/\tv2\t1774496529\t1774582930\t15\nend\n";
    check(
        &format!("\n{{ \"P\":{{{rest}}} }}"),
        Ok(&[index, r#"{"A":[1,"b c"]}"#]),
    );
    check(&format!("{{\"P\":{{{rest},\"New\":1}}}}"), Err(()));
    check(
        &format!("{{\"P\":{{{}}}}}", rest.replace("\"b c\"", "\"b\\u0041\"")),
        Err(()),
    );
    check(
        &format!("{{\"P\":{{{}}}}}", rest.replace("[1,", "[1e0,")),
        Err(()),
    );
    check(&format!("{{\"P\":{{{rest}}},\"P\":{{{rest}}}}}"), Err(()));
    check(
        &format!("{{\"P\":{{{}}}}}", rest.replace("+00:00", "+01:00")),
        Err(()),
    );
    check("{", Err(()));
}

#[test]
fn large_policies_go_to_blocks() {
    let policy = |bytes: usize| Policy {
        path: "/".to_owned(),
        version_id: "v1".to_owned(),
        created: 0,
        updated: 0,
        document: "x".repeat(bytes),
    };
    let sizes = [("a", 10), ("b", 60_000), ("c", 5), ("d", 5)];
    let policies = sizes
        .map(|(name, bytes)| (name.to_owned(), policy(bytes)))
        .into();
    let frames = Policies {
        source: source(),
        policies,
    }
    .frames()
    .unwrap();
    assert_eq!(
        frames.iter().skip(1).map(String::len).collect::<Vec<_>>(),
        [60_010, 10]
    );
}

#[test]
fn many_services_go_to_blocks() {
    let mut services = model(false).services;
    for number in 0..600 {
        let mut service = Service::default();
        for letter in ["A", "B", "C"] {
            insert(&mut service.actions, letter, action("List", &[])).unwrap();
        }
        insert(&mut services, &format!("x{number:03}"), service).unwrap();
    }
    let whole = Actions {
        services,
        ..model(false)
    };
    let frames = whole.frames().unwrap();
    let blocks = frames.get(4..).unwrap();
    assert!(blocks.len() > 1);
    let sizes = |least: usize| blocks.iter().filter(|it| it.len() >= least).count();
    assert_eq!(
        sizes(16 * 1024),
        blocks.len() - 1,
        "all are full but the last"
    );
    assert_eq!(
        sizes(17 * 1024),
        0,
        "and end with the service that fills them"
    );
    let index = frames.first().unwrap();
    assert!(index.contains(&format!("blocks\t{}\n", blocks.len())));
}

#[test]
fn dates() {
    let check = |text: &str, expected: Option<i64>| {
        assert_eq!(moto::seconds(text).ok(), expected, "{text}")
    };
    check("1970-01-01T00:00:00+00:00", Some(0));
    check("2000-02-29T23:59:59+00:00", Some(951_868_799));
    check("2015-02-06T18:39:46+00:00", Some(1_423_247_986));
    check("2026-12-31T00:00:00+00:00", Some(1_798_675_200));
    check("2100-03-01T00:00:00+00:00", Some(4_107_542_400));
    check("2026-12-31T00:00:00Z", None);
    check("2026-13-31T00:00:00+00:00", None);
    check("2026-12-31T24:00:00+00:00", None);
    check("2026-12-31+00:00", None);
}

/// The committed tables are what the crate gives out.
#[test]
fn committed_tables_are_sound() {
    super::run(&["--check"]).unwrap();
}
