//! A pass over some objects only: which part of a slab they touch, and which labels count there.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::block::Block;
use crate::label::extract::Place;

/// The objects that are wanted, by frame.
pub(super) struct Only {
    frames: BTreeMap<usize, Wanted>,
}

#[derive(Default)]
struct Wanted {
    ids: FxHashSet<u64>,
    boxes: Vec<Block>,
}

impl Only {
    pub(super) fn new(places: &[Place]) -> Self {
        let mut frames: BTreeMap<usize, Wanted> = BTreeMap::new();
        for place in places {
            let wanted = frames.entry(place.t).or_default();
            wanted.ids.insert(place.id);
            wanted.boxes.push(place.bounds);
        }
        Self { frames }
    }

    /// Shrinks a slab of frame `t` to the part that holds all wanted objects; false if there are none in it.
    pub(super) fn narrow(&self, t: usize, slab: &mut Block) -> bool {
        let boxes = self.frames.get(&t).map_or(&[][..], |wanted| &wanted.boxes);
        let inside = boxes.iter().filter_map(|each| each.intersection(slab));
        let Some(part) = inside.reduce(|a, b| a.hull(&b)) else {
            return false;
        };
        *slab = part;
        true
    }

    /// The ids wanted in frame `t`, one that [`Only::narrow`] said has some.
    pub(super) fn ids(&self, t: usize) -> &FxHashSet<u64> {
        &self.frames[&t].ids
    }
}
