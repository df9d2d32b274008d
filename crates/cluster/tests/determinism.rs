//! The same inputs give the same world.

mod support;

use cluster::{Config, World};
use machinery::Kind;
use machinery::time::after_ms;
use support::*;

fn played(seed_number: u64) -> World {
    let mut world = seed(Config { seed: seed_number, ..Config::default() }, 3);
    advance(&mut world, 5_000);
    delete(&mut world, Kind::Pod, "myapp-0");
    advance(&mut world, 20_000);
    world
}

#[test]
fn the_same_seed_gives_the_same_digest_and_another_one_does_not() {
    assert_eq!(played(1).digest(), played(1).digest());
    assert_ne!(played(1).digest(), played(2).digest());
}

#[test]
fn a_clone_goes_the_same_way_and_leaves_the_original_alone() {
    let mut world = seed(Config::default(), 3);
    advance(&mut world, 3_000);
    let before = world.digest();
    let mut copy = world.clone();
    advance(&mut copy, 30_000);
    assert_eq!(world.digest(), before);
    assert_ne!(copy.digest(), before);
    // In other steps, the same way.
    for _ in 0..300 {
        advance(&mut world, 100);
    }
    assert_eq!(world.digest(), copy.digest());
}

#[test]
fn time_never_goes_back() {
    let mut world = seed(Config::default(), 2);
    let mut last = world.now();
    for _ in 0..500 {
        let due = world.next_due();
        assert!(world.step(), "periodic work never ends");
        assert_eq!(Some(world.now()), due.map(|due| due.max(last)));
        assert!(world.now() >= last);
        last = world.now();
    }
    world.advance_to(after_ms(last, -1000));
    assert_eq!(world.now(), last);
}
