//! A world that begins with the objects of another cluster.

use apiserver::Env;
use client::api::{Change, WatchEvent};
use machinery::Object;

use super::{Config, World};
use crate::import::{Assumption, Import};
use crate::latency::Component;

impl World {
    /// A cluster that holds these objects, as they are and no older, and what they need besides; its components have just
    /// been started and have seen everything. With everything that was assumed, in order.
    pub fn restored(config: Config, objects: &[Object]) -> (World, Vec<Assumption>) {
        // The nodes are those that the objects name.
        let mut world = World::new(Config { nodes: 0, ..config.clone() });
        let import = Import::of(objects, &config, &mut world.server_choices);
        let mut assumptions = import.assumptions;
        let mut restored = Vec::new();
        for object in import.objects {
            let key = object.key();
            let mut env = Env { now: world.now, choices: &mut world.server_choices };
            match world.server.restore(&mut env, object) {
                Ok(object) => restored.push(object),
                Err(refusal) => {
                    assumptions.insert(Assumption::Refused { object: key, why: refusal.message.clone() });
                }
            }
        }
        world.announce(restored);
        world.set_defects(import.defects);
        (world, assumptions.into_iter().collect())
    }

    /// Lets the caches, and then every component, see objects that are there already, as a first list does.
    fn announce(&mut self, objects: Vec<Object>) {
        let added = |object| WatchEvent { change: Change::Added, object, old: None };
        let events: Vec<WatchEvent> = objects.into_iter().map(added).collect();
        for event in &events {
            self.listers.apply(event);
            self.runtime.on_event(event);
        }
        let listers = self.listers.clone();
        for component in Component::ALL {
            self.components.get_mut(component).initialize(&listers);
        }
        for event in &events {
            for component in Component::ALL {
                self.notify(component, event, &listers);
            }
        }
        self.delivered = self.server.resource_version();
    }
}
