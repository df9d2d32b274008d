//! Endpoints that people write.

mod support;

use machinery::{EndpointSlice, Resource};
use serde_json::json;
use support::*;

#[test]
fn endpoints_are_mirrored_once_and_the_world_comes_to_rest() {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}, "spec": {"ports": [{"port": 3306}]},
    });
    let endpoints = json!({
        "apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "db"},
        "subsets": [{"addresses": [{"ip": "10.9.0.1"}], "ports": [{"port": 3306}]}],
    });
    let mut world = world_of([service, endpoints]);
    let mut slices = Vec::new();
    for _ in 0..2 {
        assert!(world.settle(60_000));
        advance(&mut world, 10_000);
        let all = world.server().list::<EndpointSlice>("default");
        let mirrored = all.filter(|slice| slice.name().starts_with("db-"));
        slices.push(mirrored.map(|slice| slice.uid().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(slices[0].len(), 1);
    assert_eq!(slices[0], slices[1]);
}
