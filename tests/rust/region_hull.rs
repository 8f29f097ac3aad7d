//! Hulls against plain definitions in integers: every place within, and hulls of parts joined.

use objclass::block::Block;
use objclass::region::crop::hull::{Hull, Vertices};
use objclass::region::crop::{Crop, CropRun};
use objclass::region::Geometry;
use objclass::task::Task;
use proptest::prelude::*;

type Place = [u32; 3];

/// The crop of an object of single voxels, sorted, and what `look` makes of it.
fn with_crop<T>(places: &[Place], look: impl FnOnce(&Crop<'_>) -> T) -> T {
    let mut geometry = Geometry::EMPTY;
    for &[z, y, x] in places {
        geometry.add_run(z, y, x, 1);
    }
    let inner = objclass::region::crop::inner(&geometry);
    let runs: Vec<CropRun> = places
        .iter()
        .map(|place| {
            let [z, y, start] = std::array::from_fn(|axis| place[axis] - inner.start[axis] as u32);
            let length = 1;
            CropRun {
                z,
                y,
                start,
                length,
            }
        })
        .collect();
    look(&Crop {
        n_dims: 3,
        image: inner.stop,
        inner,
        outer: Block::whole(inner.stop),
        margin: [0; 3],
        geometry: &geometry,
        runs: &runs,
        raw: None,
    })
}

fn volume(places: &[Place]) -> u64 {
    let mut hull = Hull::default();
    with_crop(places, |crop| hull.update(crop, &Task::default())).unwrap();
    hull.volume
}

fn vertices(places: &[Place]) -> Vertices {
    with_crop(places, |crop| Vertices::of(crop, &Task::default())).unwrap()
}

/// Sorted places without repetition, at least one.
fn places(most: u32, n: usize) -> impl Strategy<Value = Vec<Place>> {
    let sides = prop::array::uniform3(1..=most);
    sides.prop_flat_map(move |[z, y, x]| {
        let places = prop::collection::btree_set((0..z, 0..y, 0..x), 1..=n);
        places.prop_map(|places| places.into_iter().map(|(z, y, x)| [z, y, x]).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn hulls_of_parts_join_to_the_hull_of_the_whole(
        all in places(12, 80),
        parts in prop::collection::vec(0usize..4, 80),
    ) {
        let mut joined = Vertices::default();
        for part in 0..4 {
            let own = all.iter().zip(&parts).filter(|(_, &of)| of == part);
            let own: Vec<Place> = own.map(|(&place, _)| place).collect();
            if !own.is_empty() {
                joined.merge(&vertices(&own), &Task::default()).unwrap();
            }
        }
        prop_assert_eq!(&joined, &vertices(&all));
        prop_assert_eq!(volume(&joined.points), volume(&all));
    }

    #[test]
    fn no_vertex_can_be_spared(all in places(5, 30)) {
        let Vertices { points } = vertices(&all);
        let whole = volume(&points);
        for i in 0..points.len() {
            let mut others = points.clone();
            let spared = others.remove(i);
            if others.is_empty() {
                continue;
            }
            prop_assert!(volume(&others) < whole, "{:?} of {:?}", spared, points);
        }
    }

    #[test]
    fn memory_of_the_object_before_does_not_show(first in places(9, 60), second in places(9, 60)) {
        let mut hull = Hull::default();
        let mut look = |places: &[Place]| {
            with_crop(places, |crop| hull.update(crop, &Task::default())).unwrap();
            (hull.volume, hull.center, hull.defects)
        };
        look(&first);
        let after = look(&second);
        let mut fresh = Hull::default();
        with_crop(&second, |crop| fresh.update(crop, &Task::default())).unwrap();
        prop_assert_eq!(after, (fresh.volume, fresh.center, fresh.defects));
    }
}

/// Products of three such lengths do not fit 64 bit.
const FAR: u32 = (1 << 24) - 2;

#[test]
fn places_far_apart_do_not_overflow() {
    let ends = [0, FAR];
    let cube: Vec<Place> = ends
        .iter()
        .flat_map(|&z| ends.iter().flat_map(move |&y| ends.map(|x| [z, y, x])))
        .collect();
    let mut all = cube.clone();
    // The centre of the cube, of a face and of an edge, and what is next to a corner.
    all.extend([
        [FAR / 2; 3],
        [0, FAR / 2, FAR / 2],
        [0, 0, FAR / 2],
        [1, 1, 1],
        [FAR, FAR - 1, FAR],
    ]);
    all.sort_unstable();
    assert_eq!(vertices(&all).points, cube);
    let mut cut = all.clone();
    cut.retain(|&place| place != [0; 3]);
    assert!(vertices(&cut).points.contains(&[1, 1, 1]));
}

#[test]
fn a_task_that_was_stopped_ends() {
    let task = Task::default();
    task.stop();
    let ended = with_crop(&[[0; 3], [4; 3]], |crop| {
        Hull::default().update(crop, &task).is_err()
    });
    assert!(ended);
}
