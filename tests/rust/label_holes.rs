//! Filled holes against the definition: what a walk over background from the border does not reach is a hole.

use objclass::error::Error;
use objclass::label::holes::fill_holes;
use objclass::task::Task;
use proptest::prelude::*;

type Shape = (usize, usize, usize);

/// The direct neighbours of a pixel, and whether it lies at the border; a single slice has none along z.
fn neighbours((nz, ny, nx): Shape, pixel: usize) -> (Vec<usize>, bool) {
    let place = [pixel / (ny * nx), pixel / nx % ny, pixel % nx];
    let (mut near, mut border) = (Vec::new(), false);
    for (axis, (length, stride)) in [(nz, ny * nx), (ny, nx), (nx, 1)].into_iter().enumerate() {
        if place[axis] > 0 {
            near.push(pixel - stride);
        }
        if place[axis] + 1 < length {
            near.push(pixel + stride);
        }
        border |= (axis > 0 || nz > 1) && (place[axis] == 0 || place[axis] + 1 == length);
    }
    (near, border)
}

fn fill_plainly(labels: &[u32], shape: Shape) -> Vec<u32> {
    let mut filled = labels.to_vec();
    let mut seen = vec![false; labels.len()];
    for start in 0..labels.len() {
        if labels[start] != 0 || seen[start] {
            continue;
        }
        let (mut region, mut around, mut open) = (vec![start], Vec::new(), false);
        seen[start] = true;
        let mut i = 0;
        while i < region.len() {
            let (near, border) = neighbours(shape, region[i]);
            open |= border;
            for pixel in near {
                if labels[pixel] != 0 {
                    around.push(labels[pixel]);
                } else if !seen[pixel] {
                    seen[pixel] = true;
                    region.push(pixel);
                }
            }
            i += 1;
        }
        around.dedup();
        if !open && around.iter().all(|label| *label == around[0]) {
            region.iter().for_each(|&pixel| filled[pixel] = around[0]);
        }
    }
    filled
}

fn filled(labels: &[u32], shape: Shape) -> Vec<u32> {
    let mut labels = labels.to_vec();
    fill_holes(&mut labels, shape, &Task::default()).unwrap();
    labels
}

/// Frames of up to `n_labels` labels, with more or less background.
fn frames(n_labels: u32) -> impl Strategy<Value = (Shape, Vec<u32>)> {
    let shape = prop_oneof![
        (Just(1), 1usize..20, 1usize..20),
        (2usize..7, 1usize..7, 1usize..9)
    ];
    (shape, 1u32..12).prop_flat_map(move |(shape, foreground)| {
        let pixel = prop_oneof![4 => Just(0), foreground => 1..=n_labels];
        let n = shape.0 * shape.1 * shape.2;
        (Just(shape), prop::collection::vec(pixel, n))
    })
}

proptest! {
    #[test]
    fn holes_of_a_mask_are_filled((shape, mask) in frames(1)) {
        prop_assert_eq!(filled(&mask, shape), fill_plainly(&mask, shape));
    }

    #[test]
    fn holes_within_one_object_are_filled((shape, labels) in frames(2)) {
        prop_assert_eq!(filled(&labels, shape), fill_plainly(&labels, shape));
    }
}

#[test]
fn a_hole_between_two_objects_stays() {
    let labels = [1, 1, 1, 1, 0, 1, 2, 2, 2];
    assert_eq!(filled(&labels, (1, 3, 3)), labels);
}

#[test]
fn an_island_and_its_ring_stay_as_they_are() {
    let mut labels = [1; 25];
    for y in 1..4 {
        labels[5 * y + 1..5 * y + 4].fill(0);
    }
    labels[12] = 2;
    assert_eq!(filled(&labels, (1, 5, 5)), labels);
    labels[12] = 1;
    assert_eq!(filled(&labels, (1, 5, 5)), [1; 25]);
}

#[test]
fn a_slice_has_holes_where_a_volume_has_tunnels() {
    let ring = [1, 1, 1, 1, 0, 1, 1, 1, 1];
    assert_eq!(filled(&ring, (1, 3, 3)), [1; 9]);
    assert_eq!(filled(&ring.repeat(3), (3, 3, 3)), ring.repeat(3));
}

#[test]
fn what_does_not_fit_is_refused() {
    let result = fill_holes(&mut [0; 5], (1, 2, 3), &Task::default());
    assert!(matches!(result, Err(Error::Shape(_))));
}
