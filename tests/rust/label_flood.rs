//! Floods against the plain algorithm written down with one queue for the frame, where its order matters and where not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use objclass::error::Error;
use objclass::label::watershed::{flood, flood_part};
use objclass::task::Task;
use proptest::prelude::*;

type Shape = (usize, usize, usize);

/// The direct neighbours of a pixel.
fn neighbours((nz, ny, nx): Shape, pixel: usize) -> Vec<usize> {
    let place = [pixel / (ny * nx), pixel / nx % ny, pixel % nx];
    let mut near = Vec::new();
    for (axis, (length, stride)) in [(nz, ny * nx), (ny, nx), (nx, 1)].into_iter().enumerate() {
        if place[axis] > 0 {
            near.push(pixel - stride);
        }
        if place[axis] + 1 < length {
            near.push(pixel + stride);
        }
    }
    near
}

/// The definition, for values that never tie.
fn flood_plainly(values: &[f32], seeds: &[u32], shape: Shape, low: f32) -> Vec<u32> {
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let relief = |pixel: usize| max - values[pixel];
    let mut labels = seeds.to_vec();
    let mut queue = BinaryHeap::new();
    let mut counter = 0;
    for pixel in (0..seeds.len()).filter(|&pixel| seeds[pixel] != 0) {
        queue.push(Reverse((relief(pixel).to_bits(), counter, pixel)));
        counter += 1;
    }
    while let Some(Reverse((level, _, pixel))) = queue.pop() {
        if f32::from_bits(level) > (max - low).max(0.0) {
            break;
        }
        for near in neighbours(shape, pixel) {
            if labels[near] == 0 {
                labels[near] = labels[pixel];
                queue.push(Reverse((relief(near).to_bits().max(level), counter, near)));
                counter += 1;
            }
        }
    }
    labels
}

fn flooded(values: &[f32], seeds: &[u32], shape: Shape, low: f32) -> Vec<u32> {
    let mut labels = seeds.to_vec();
    flood(values, &mut labels, shape, low, &Task::default()).unwrap();
    labels
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop_oneof![
        (Just(1), 1usize..24, 1usize..24),
        (1usize..8, 1usize..8, 1usize..12)
    ]
}

/// A frame whose values are all different, some seeds, and a threshold, perhaps above or below all values.
fn frames() -> impl Strategy<Value = (Shape, Vec<f32>, Vec<u32>, f32)> {
    shapes().prop_flat_map(|shape| {
        let n = shape.0 * shape.1 * shape.2;
        let ranks = Just((0..n as u32).collect::<Vec<_>>()).prop_shuffle();
        let values =
            ranks.prop_map(move |ranks| ranks.iter().map(|&i| i as f32 / n as f32).collect());
        let seeds = prop::collection::vec(prop_oneof![9 => Just(0u32), 1 => 1u32..5], n);
        (Just(shape), values, seeds, -0.5f32..1.5)
    })
}

proptest! {
    #[test]
    fn floods_are_those_of_one_queue((shape, values, seeds, low) in frames()) {
        let expected = flood_plainly(&values, &seeds, shape, low);
        prop_assert_eq!(flooded(&values, &seeds, shape, low), expected);
    }

    /// Where nothing ties, a part with all that floods reach is flooded as in its frame, whatever else is in the part.
    #[test]
    fn a_part_is_flooded_as_its_frame((shape, values, seeds, low) in frames(), n_rows in 1usize..4) {
        let expected = flood_plainly(&values, &seeds, shape, low);
        let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (slice, more) = (shape.1 * shape.2, n_rows * shape.2);
        let mut part = (Vec::new(), Vec::new());
        for z in 0..shape.0 {
            // Rows above that floods do not reach, as high as they may be; then the slice.
            part.0.extend(std::iter::repeat_n(f32::NEG_INFINITY, shape.2));
            part.0.extend(std::iter::repeat_n(2.0, more));
            part.0.extend(std::iter::repeat_n(f32::NEG_INFINITY, shape.2));
            part.1.extend(std::iter::repeat_n(0, more + 2 * shape.2));
            part.0.extend_from_slice(&values[z * slice..][..slice]);
            part.1.extend_from_slice(&seeds[z * slice..][..slice]);
        }
        let larger = (shape.0, shape.1 + n_rows + 2, shape.2);
        let contested = flood_part(&part.0, &mut part.1, larger, low, max, &Task::default());
        prop_assert_eq!(contested.unwrap(), 0);
        for z in 0..shape.0 {
            let rows = &part.1[(z + 1) * (slice + more + 2 * shape.2) - slice..][..slice];
            prop_assert_eq!(rows, &expected[z * slice..][..slice]);
        }
    }

    /// Nobody contests a pixel where there is one label: any order will do.
    #[test]
    fn plateaus_of_one_label_are_flooded_whole(
        (shape, values, seeds, low) in frames(), levels in 1f32..4.0
    ) {
        let values: Vec<_> = values.iter().map(|value| (value * levels).floor() / 4.0).collect();
        let seeds: Vec<_> = seeds.iter().map(|&seed| seed.min(1)).collect();
        let expected = flood_plainly(&values, &seeds, shape, low);
        prop_assert_eq!(flooded(&values, &seeds, shape, low), expected);
    }

    /// Whatever the order on plateaus, the foreground and the seeds are the same, and labels are connected to a seed.
    #[test]
    fn contested_plateaus_have_the_same_foreground(
        (shape, values, seeds, low) in frames(), levels in 1f32..4.0
    ) {
        let values: Vec<_> = values.iter().map(|value| (value * levels).floor() / 4.0).collect();
        let labels = flooded(&values, &seeds, shape, low);
        let expected = flood_plainly(&values, &seeds, shape, low);
        for pixel in 0..labels.len() {
            prop_assert_eq!(labels[pixel] == 0, expected[pixel] == 0);
            prop_assert!(seeds[pixel] == 0 || labels[pixel] == seeds[pixel]);
            let near = neighbours(shape, pixel);
            let continued = near.iter().any(|&near| labels[near] == labels[pixel]);
            prop_assert!(labels[pixel] == 0 || seeds[pixel] != 0 || continued);
        }
    }
}

/// Computed with VIGRA 1.11, `watershedsNew` of a constant image.
#[test]
fn a_contested_plateau_is_shared_as_vigra_shares_it() {
    let mut seeds = vec![0; 5 * 7];
    (seeds[0], seeds[13], seeds[31]) = (1, 2, 3);
    #[rustfmt::skip]
    let expected = [
        1, 1, 1, 1, 1, 2, 2,
        1, 1, 1, 1, 1, 2, 2,
        1, 1, 1, 1, 2, 2, 2,
        1, 1, 1, 2, 2, 2, 2,
        1, 1, 1, 3, 2, 2, 2,
    ];
    assert_eq!(flooded(&[1.0; 35], &seeds, (1, 5, 7), 0.5), expected);
}

/// Two plateaus, and the smaller one alone.
#[test]
fn contested_basins_of_a_part_have_an_order_of_their_own() {
    let values = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0];
    let seeds = [1, 0, 0, 2, 0, 0, 0, 3, 0, 4, 0];
    let mut both = seeds;
    let contested = flood_part(&values, &mut both, (1, 1, 11), 0.5, 1.0, &Task::default());
    assert_eq!(contested.unwrap(), 2);
    let mut alone: [u32; 5] = seeds[6..].try_into().unwrap();
    let contested = flood_part(
        &values[6..],
        &mut alone,
        (1, 1, 5),
        0.5,
        1.0,
        &Task::default(),
    );
    assert_eq!(contested.unwrap(), 1);
    assert_eq!(both[6..], alone);
    assert_eq!(
        both[..6],
        flooded(&values[..6], &seeds[..6], (1, 1, 6), 0.5)
    );
}

/// Depths are those of the frame, in which something else is brighter, to the last bit of their rounding.
#[test]
fn a_part_is_flooded_as_deep_as_its_frame() {
    let (low, max) = (0.1, 3.0f32);
    let below = f32::from_bits(0.1f32.to_bits() - 1);
    let values = [0.2, below, 0.05, 0.0];
    assert!(max - below == max - low);
    for (max, expected) in [(max, [1, 1, 1, 0]), (0.2, [1, 1, 0, 0])] {
        let mut labels = [1, 0, 0, 0];
        flood_part(&values, &mut labels, (1, 1, 4), low, max, &Task::default()).unwrap();
        assert_eq!(labels, expected);
    }
}

#[test]
fn equal_zeros_are_equal_whatever_their_sign() {
    let labels = flooded(&[-0.0, 0.0, -0.0, 0.0], &[0, 0, 7, 0], (1, 1, 4), 0.0);
    assert_eq!(labels, [7; 4]);
}

#[test]
fn nan_is_below_everything() {
    let labels = flooded(&[1.0, 1.0, f32::NAN, 1.0], &[3, 0, 0, 0], (1, 1, 4), 0.5);
    assert_eq!(labels, [3, 3, 3, 0]);
}

#[test]
fn a_threshold_above_everything_counts_as_the_maximum() {
    let seeds = [0, 0, 2, 0, 0, 3, 0];
    let values = [0.1, 0.2, 0.4, 0.4, 0.3, 0.2, 0.2];
    let expected = [0, 2, 2, 2, 2, 3, 0];
    assert_eq!(flooded(&values, &seeds, (1, 1, 7), 0.75), expected);
}

#[test]
fn an_empty_frame_is_no_error() {
    assert!(flooded(&[], &[], (1, 0, 5), 0.5).is_empty());
}

#[test]
fn what_does_not_fit_is_refused() {
    let result = flood(&[0.0; 6], &mut [0; 5], (1, 2, 3), 0.5, &Task::default());
    assert!(matches!(result, Err(Error::Shape(_))));
}

#[test]
fn a_stopped_flood_says_so() {
    let task = Task::default();
    task.stop();
    let result = flood(&[0.0; 6], &mut [1; 6], (1, 2, 3), 0.0, &task);
    assert!(matches!(result, Err(Error::Cancelled)));
}
