//! A thousand random operations, beside a model of the slots.

use std::collections::BTreeMap;

use grove_vending_machine::FaultKind;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{World, world::form};

const NAMES: [&str; 7] = ["Coke", "Tea", "Mate", "Water", "Chips", "Nuts", "Gum"];

/// What lies in each slot that has an item: its name and how much.
#[derive(Debug, Default, PartialEq, Eq)]
struct Model(BTreeMap<String, (String, u32)>);

impl Model {
    /// Takes a unit out of the first slot of `name` that has one.
    fn take(&mut self, name: &str) -> Option<String> {
        let slot = self.0.iter_mut().find(|(_, (item, left))| item == name && *left > 0);
        slot.map(|(slot, (_, left))| {
            *left -= 1;
            slot.clone()
        })
    }
}

struct Game {
    world: World,
    model: Model,
    ids: BTreeMap<String, u64>,
    dice: StdRng,
}

impl Game {
    fn name(&mut self) -> String {
        NAMES[self.dice.random_range(0..NAMES.len())].to_owned()
    }

    /// One of 15 slots, so that they are often taken.
    fn slot(&mut self) -> String {
        let row = ["A", "C", "E"][self.dice.random_range(0..3)];
        format!("{row}{}", self.dice.random_range(1..6))
    }

    async fn create(&mut self) {
        let (name, slot, quantity) = (self.name(), self.slot(), self.dice.random_range(0..6));
        let body = form(&slot, &name, 1, quantity);
        let reply = self.world.officer().post("/merch/items", &body).await;
        match self.model.0.get(&slot) {
            Some((other, _)) if *other != name => assert_eq!(reply.status, 409),
            _ => {
                assert_eq!(reply.status, 200);
                self.model.0.insert(slot, (name, quantity));
            }
        }
    }

    async fn update(&mut self) {
        let (name, slot, quantity) = (self.name(), self.slot(), self.dice.random_range(0..6));
        let id = self.ids.get(&name).copied().unwrap_or(9999);
        let body = form(&slot, &name, 1, quantity);
        let reply = self.world.officer().put(&format!("/merch/items/{id}"), &body).await;
        match self.model.0.get_mut(&slot) {
            _ if id == 9999 => assert_eq!(reply.status, 404),
            None => assert_eq!(reply.status, 404),
            Some((other, _)) if *other != name => assert_eq!(reply.status, 409),
            Some((_, left)) => {
                assert_eq!(reply.status, 200);
                *left = quantity;
            }
        }
    }

    async fn clear(&mut self) {
        let slot = self.slot();
        let path = format!("/merch/locations/{slot}");
        let reply = self.world.officer().put(&path, &json!({})).await;
        let expected = if self.model.0.remove(&slot).is_some() { 200 } else { 400 };
        assert_eq!(reply.status, expected);
    }

    async fn delete(&mut self) {
        let name = self.name();
        let id = self.ids.get(&name).copied().unwrap_or(9999);
        let reply = self.world.officer().delete(&format!("/merch/items/{id}")).await;
        assert_eq!(reply.status, if id == 9999 { 404 } else { 200 });
        self.model.0.retain(|_, (item, _)| *item != name);
    }

    async fn buy(&mut self) {
        let names: Vec<_> = (0..self.dice.random_range(1..3)).map(|_| self.name()).collect();
        let ids: Option<Vec<_>> = names.iter().map(|name| self.ids.get(name).copied()).collect();
        let Some(ids) = ids else { return };
        let jams = self.dice.random_bool(0.2);
        let taken: Vec<_> = names.iter().map(|name| self.model.take(name)).collect();
        let in_stock = taken.iter().all(Option::is_some);
        if jams && in_stock {
            self.world.fault(FaultKind::Jam, 1);
        }
        let reply = self.world.order("jsmith2", &ids).await;
        assert_eq!(reply.status, if in_stock { 201 } else { 400 });
        // What was not sold is back: everything, or the first, which jammed.
        let back = if in_stock { usize::from(jams) } else { names.len() };
        for slot in taken.into_iter().take(back).flatten() {
            self.model.0.get_mut(&slot).unwrap().1 += 1;
        }
    }

    async fn check(&mut self) {
        let locations = self.world.locations().await;
        let seen = locations.into_iter().filter_map(|location| {
            Some((location.location, (location.item?.name, location.quantity)))
        });
        assert_eq!(Model(seen.collect()), self.model);
        let items = self.world.items().await;
        for item in &items {
            let mine = self.model.0.values().filter(|(name, _)| *name == item.name);
            let total: u64 = mine.map(|(_, left)| u64::from(*left)).sum();
            assert_eq!((item.total_stock, item.in_stock), (total, total > 0));
        }
        self.ids = items.into_iter().map(|item| (item.name, item.id)).collect();
    }
}

#[tokio::test]
async fn after_a_thousand_operations_slots_and_stock_are_as_they_should_be() {
    let world = World::new().await;
    world.ledger.give("jsmith2", 1_000_000);
    let worker = world.employ();
    let (model, ids) = <(Model, BTreeMap<_, _>)>::default();
    let mut game = Game { world, model, ids, dice: StdRng::seed_from_u64(6969) };
    for _ in 0..1000 {
        match game.dice.random_range(0..100) {
            0..28 => game.create().await,
            28..45 => game.update().await,
            45..53 => game.clear().await,
            53..57 => game.delete().await,
            _ => game.buy().await,
        }
        game.check().await;
    }
    worker.abort();
}
