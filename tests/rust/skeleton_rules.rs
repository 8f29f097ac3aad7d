//! The rules that ties of skeletons depend on, against their definitions.

use std::collections::HashSet;

use objclass::region::crop::skeleton::heap::Heap;
use objclass::region::crop::skeleton::thinning::REMOVABLE;
use proptest::prelude::*;

/// Places of the neighbours, bit by bit.
const PLACES: [(i32, i32); 8] = [
    (-1, -1),
    (0, -1),
    (1, -1),
    (-1, 0),
    (1, 0),
    (-1, 1),
    (0, 1),
    (1, 1),
];

/// The connected parts of a set of neighbours.
fn parts(of: &[(i32, i32)], touch: fn(i32, i32) -> bool) -> Vec<HashSet<(i32, i32)>> {
    let mut parts: Vec<HashSet<(i32, i32)>> = Vec::new();
    for &place in of {
        let joins = |part: &HashSet<(i32, i32)>| {
            part.iter()
                .any(|other| touch((place.0 - other.0).abs(), (place.1 - other.1).abs()))
        };
        let (near, mut rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(joins);
        rest.push(near.into_iter().flatten().chain([place]).collect());
        parts = rest;
    }
    parts
}

#[test]
fn removable_pixels_are_those_of_the_definition() {
    for (set, &is_removable) in REMOVABLE.iter().enumerate() {
        let is_in = |k: &usize| set & (0x80 >> k) != 0;
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..8).partition(is_in);
        let [inside, outside] =
            [inside, outside].map(|all| all.into_iter().map(|k| PLACES[k]).collect::<Vec<_>>());
        let is_direct = |place: &(i32, i32)| place.0 == 0 || place.1 == 0;
        let one_piece = parts(&inside, |x, y| x.max(y) == 1).len() == 1;
        let gaps = parts(&outside, |x, y| x + y == 1);
        let one_gap = gaps.iter().filter(|gap| gap.iter().any(is_direct)).count() == 1;
        let n_direct = inside.iter().filter(|place| is_direct(place)).count();
        let no_end = n_direct == 2 || (n_direct == 1 && inside.len() == 3);
        assert_eq!(is_removable, one_piece && one_gap && no_end, "{set:08b}");
    }
}

#[test]
fn removable_sets_are_36() {
    let sets: Vec<usize> = (0..256).filter(|&set| REMOVABLE[set]).collect();
    assert_eq!(sets.len(), 36);
    assert_eq!(sets.iter().sum::<usize>(), 3840);
    assert_eq!(sets[..9], [7, 10, 11, 14, 15, 18, 19, 22, 23]);
    assert_eq!(sets.last(), Some(&244));
}

/// The heap as it is defined: exchanges of neighbours in a list that starts at 1.
#[derive(Default)]
struct Plain(Vec<(f64, u32)>);

impl Plain {
    fn rise(&mut self, mut place: usize) {
        while place > 1 && self.0[place / 2 - 1].0 > self.0[place - 1].0 {
            self.0.swap(place / 2 - 1, place - 1);
            place /= 2;
        }
    }

    fn lower(&mut self, number: u32, priority: f64) {
        match self.0.iter().position(|entry| entry.1 == number) {
            Some(place) if priority < self.0[place].0 => {
                self.0[place].0 = priority;
                self.rise(place + 1);
            }
            Some(_) => {}
            None => {
                self.0.push((priority, number));
                self.rise(self.0.len());
            }
        }
    }

    fn pop(&mut self) -> (f64, u32) {
        let first = self.0.swap_remove(0);
        let mut place = 1;
        while 2 * place <= self.0.len() {
            let mut child = 2 * place;
            if child < self.0.len() && self.0[child - 1].0 > self.0[child].0 {
                child += 1;
            }
            if self.0[place - 1].0 <= self.0[child - 1].0 {
                break;
            }
            self.0.swap(place - 1, child - 1);
            place = child;
        }
        first
    }
}

proptest! {
    #[test]
    fn the_heap_gives_equal_entries_in_the_defined_order(
        steps in prop::collection::vec((0_u32..40, 0_u8..6, prop::bool::weighted(0.3)), 1..200),
    ) {
        let (mut heap, mut plain) = (Heap::default(), Plain::default());
        heap.reserve(40);
        let mut popped = Vec::new();
        for (number, priority, is_pop) in steps {
            if is_pop && !plain.0.is_empty() {
                let first = plain.pop();
                prop_assert_eq!(heap.first(), Some(first));
                heap.pop();
                popped.push(first.1);
            } else if popped.contains(&number) {
                prop_assert!(!heap.lower(number, -1.0));
            } else {
                heap.lower(number, priority.into());
                plain.lower(number, priority.into());
            }
            prop_assert_eq!(heap.first(), plain.0.first().copied());
        }
        heap.clear(&popped);
        prop_assert_eq!(heap.first(), None);
        prop_assert!(heap.lower(0, 1.0));
    }
}
