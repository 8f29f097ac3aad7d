//! Labels of blocks against the labels of the whole image, for any plan of blocks.

use ndarray::{Array3, Array4, Axis};
use objclass::block::Block;
use objclass::error::{Error, Result};
use objclass::label::block_labels::BlockLabels;
use objclass::label::components::connected_components;
use objclass::label::union_find::UnionFind;
use objclass::region::{LabelImage, Mosaic, Tile};
use objclass::task::Task;
use proptest::prelude::*;
use proptest::sample::Index;

/// An image of few values, in which neighbours are often equal, and how long the blocks are.
fn image_and_plan() -> impl Strategy<Value = (Array3<u16>, [usize; 3])> {
    let shape = prop_oneof![
        (Just(1), 0usize..20, 0usize..30),
        (1usize..6, 1usize..7, 1usize..90)
    ];
    shape.prop_flat_map(|(z, y, x)| {
        let runs = prop::collection::vec((0u16..4, 1usize..20), 1..=(z * y * x).max(1));
        let image = runs.prop_map(move |runs| {
            let pixels = runs.iter().flat_map(|&(value, n)| vec![300 * value; n]);
            let pixels: Vec<u16> = pixels.cycle().take(z * y * x).collect();
            Array3::from_shape_vec((z, y, x), pixels).unwrap()
        });
        (image, [1usize..4, 1usize..5, 1usize..40])
    })
}

/// The blocks of a plan, labelled.
fn labelled(image: &Array3<u16>, plan: [usize; 3], components: bool) -> Vec<BlockLabels> {
    let frame = image.dim().into();
    let label = |block: &Block| {
        let pixels = image.slice(block.slice());
        let of = if components {
            BlockLabels::of_segmentation
        } else {
            BlockLabels::of_labels
        };
        of(pixels, block.start, frame, &Task::default()).unwrap()
    };
    Block::whole(frame).grid(plan).iter().map(label).collect()
}

/// For every block the id of each of its parts: parts that touch are one object, numbered by first pixel.
fn stitched(blocks: &[BlockLabels]) -> Vec<Vec<u64>> {
    let starts: Vec<usize> = (blocks.iter())
        .scan(0, |n, block| {
            Some(std::mem::replace(n, *n + block.parts.len()))
        })
        .collect();
    let firsts: Vec<u64> = (blocks.iter().flat_map(|block| &block.parts))
        .map(|part| part.first)
        .collect();
    let sets = UnionFind::new(firsts.len() as u32);
    for (a, one) in blocks.iter().enumerate() {
        for (b, other) in blocks.iter().enumerate() {
            for [i, j] in joints(one, other) {
                sets.join(starts[a] as u32 + i - 1, starts[b] as u32 + j - 1);
            }
        }
    }
    let mut first_of = vec![u64::MAX; firsts.len()];
    for (part, &first) in firsts.iter().enumerate() {
        let root = sets.find(part as u32) as usize;
        first_of[root] = first_of[root].min(first);
    }
    let mut order: Vec<u64> = first_of
        .iter()
        .copied()
        .filter(|&first| first != u64::MAX)
        .collect();
    order.sort_unstable();
    let id = |part: usize| {
        let first = first_of[sets.find(part as u32) as usize];
        order.binary_search(&first).unwrap() as u64 + 1
    };
    let ids = |(start, block): (&usize, &BlockLabels)| {
        [0].into_iter()
            .chain((*start..start + block.parts.len()).map(id))
            .collect()
    };
    starts.iter().zip(blocks).map(ids).collect()
}

fn joints(one: &BlockLabels, other: &BlockLabels) -> Vec<[u32; 2]> {
    let [from, to] = [one.block, other.block].map(|block| block.start);
    let behind = |&axis: &usize| {
        (0..3).all(|a| {
            if a == axis {
                one.block.stop[a] == to[a]
            } else {
                from[a] == to[a]
            }
        })
    };
    let axis = (0..3).find(behind);
    axis.map_or(Vec::new(), |axis| one.joints(other, axis).unwrap())
}

fn painted(blocks: &[BlockLabels], ids: &[Vec<u64>], shape: (usize, usize, usize)) -> Array3<u64> {
    let mut image = Array3::from_elem(shape, u64::MAX);
    for (labels, ids) in blocks.iter().zip(ids) {
        let mut part = Array3::from_elem(labels.block.shape(), u64::MAX);
        let out = part.as_slice_mut().unwrap();
        labels
            .paint(&labels.block, ids, out, &Task::default())
            .unwrap();
        image.slice_mut(labels.block.slice()).assign(&part);
    }
    image
}

fn keys(blocks: &[BlockLabels]) -> Vec<Vec<u64>> {
    let keys = |block: &BlockLabels| {
        [0].into_iter()
            .chain(block.parts.iter().map(|part| part.key))
            .collect()
    };
    blocks.iter().map(keys).collect()
}

/// Whether sizes, first pixels and boxes are those of the pixels.
fn counts_are_right(labels: &BlockLabels, image: &Array3<u16>) -> bool {
    let numbers: Vec<u32> = (0..=labels.parts.len() as u32).collect();
    let mut part = Array3::from_elem(labels.block.shape(), 0u32);
    let out = part.as_slice_mut().unwrap();
    labels
        .paint(&labels.block, &numbers, out, &Task::default())
        .unwrap();
    let [z0, y0, x0] = labels.block.start;
    let (_, ny, nx) = image.dim();
    labels.parts.iter().zip(1..).all(|(known, number)| {
        let own = part.indexed_iter().filter(|(_, &pixel)| pixel == number);
        let places: Vec<_> = own.map(|((z, y, x), _)| [z + z0, y + y0, x + x0]).collect();
        let side = |axis: usize| places.iter().map(move |place| place[axis]);
        let bounds = Block {
            start: std::array::from_fn(|axis| side(axis).min().unwrap()),
            stop: std::array::from_fn(|axis| side(axis).max().unwrap() + 1),
        };
        let [z, y, x] = places[0];
        known.count == places.len() as u64
            && known.first == ((z * ny + y) * nx + x) as u64
            && known.bounds == bounds
            && places
                .iter()
                .all(|&place| u64::from(image[place]) == known.key)
    })
}

proptest! {
    #[test]
    fn stitched_blocks_are_the_components_of_the_image((image, plan) in image_and_plan()) {
        let blocks = labelled(&image, plan, true);
        let mut whole = Array4::zeros(image.view().insert_axis(Axis(0)).dim());
        let out = whole.as_slice_mut().unwrap();
        connected_components(image.view().insert_axis(Axis(0)), out, &Task::default()).unwrap();
        let expected = whole.index_axis(Axis(0), 0).mapv(u64::from);
        prop_assert_eq!(painted(&blocks, &stitched(&blocks), image.dim()), expected);
    }

    #[test]
    fn keys_paint_the_image((image, plan) in image_and_plan(), components in any::<bool>()) {
        let blocks = labelled(&image, plan, components);
        prop_assert_eq!(painted(&blocks, &keys(&blocks), image.dim()), image.mapv(u64::from));
        prop_assert!(blocks.iter().all(|labels| counts_are_right(labels, &image)));
    }

    #[test]
    fn labels_have_one_part_each((image, plan) in image_and_plan()) {
        for labels in labelled(&image, plan, false) {
            let mut met = Vec::new();
            let pixels = image.slice(labels.block.slice());
            for &pixel in pixels.iter().filter(|&&pixel| pixel != 0) {
                if !met.contains(&u64::from(pixel)) {
                    met.push(u64::from(pixel));
                }
            }
            prop_assert_eq!(labels.parts.iter().map(|part| part.key).collect::<Vec<_>>(), met);
        }
    }

    #[test]
    fn a_mosaic_has_the_runs_of_the_image(
        (image, plan) in image_and_plan(),
        dropped in 1u16..4,
        corners in [any::<(Index, Index)>(), any::<(Index, Index)>(), any::<(Index, Index)>()],
    ) {
        let blocks = labelled(&image, plan, false);
        let mut ids = keys(&blocks);
        let dropped = 300 * dropped;
        ids.iter_mut().flatten().filter(|id| **id == u64::from(dropped)).for_each(|id| *id = 0);
        // Any order will do.
        let tiles = blocks.iter().zip(&ids).rev().map(|(labels, ids)| Tile { labels, ids });
        let mosaic = Mosaic::new(image.dim().into(), tiles.collect()).unwrap();
        let corners = corners.each_ref().map(|(a, b)| (a, b));
        let sides = [0, 1, 2].map(|axis| {
            let (a, b) = corners[axis];
            let [a, b] = [a, b].map(|place| place.index(image.len_of(Axis(axis)) + 1));
            (a.min(b), a.max(b))
        });
        let window = Block { start: sides.map(|(start, _)| start), stop: sides.map(|(_, stop)| stop) };
        let plain = image.mapv(|pixel| if pixel == dropped { 0 } else { pixel });
        let plain = plain.view();
        let (expected, found) = (LabelImage::part(&plain, &window), mosaic.part(&window));
        let [depth, height, _] = window.shape();
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            prop_assert_eq!(found.runs(z, y, &mut a), expected.runs(z, y, &mut b));
        }
    }

    #[test]
    fn overlaps_are_pairs_of_pixels((image, plan) in image_and_plan()) {
        let shuffled = image.mapv(|pixel| pixel / 300 % 3);
        let others = labelled(&shuffled, plan, true);
        for (one, other) in labelled(&image, plan, true).iter().zip(&others) {
            let numbers = |labels: &BlockLabels| {
                let numbers: Vec<u32> = (0..=labels.parts.len() as u32).collect();
                let mut out = vec![0; labels.block.shape().iter().product()];
                labels.paint(&labels.block, &numbers, &mut out, &Task::default()).unwrap();
                out
            };
            let pixels = numbers(one).into_iter().zip(numbers(other));
            let mut expected: Vec<_> = pixels.filter(|&(a, b)| a > 0 && b > 0).map(|(a, b)| [a, b]).collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(one.overlaps(other).unwrap(), expected);
        }
    }

    #[test]
    fn bytes_hold_all_of_it((image, plan) in image_and_plan(), components in any::<bool>()) {
        for labels in labelled(&image, plan, components) {
            prop_assert_eq!(BlockLabels::from_bytes(&labels.to_bytes()).unwrap(), labels);
        }
    }

    #[test]
    fn other_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), with_magic in any::<bool>()) {
        let magic = if with_magic { &tiny().to_bytes()[..MAGIC] } else { &[] };
        prop_assert!(refused(BlockLabels::from_bytes(&[magic, &bytes].concat())));
        prop_assert!(refused(BlockLabels::from_bytes(&sealed([magic, &bytes].concat()))) || with_magic);
    }

    #[test]
    fn damage_is_found((image, plan) in image_and_plan(), place in any::<Index>(), flip in 1u8..) {
        let blocks = labelled(&image, plan, true);
        for labels in blocks.iter().take(3) {
            let mut bytes = labels.to_bytes();
            let place = place.index(bytes.len());
            prop_assert!(refused(BlockLabels::from_bytes(&bytes[..place])));
            bytes[place] ^= flip;
            prop_assert!(refused(BlockLabels::from_bytes(&bytes)));
        }
    }

    /// Whoever makes such bytes on purpose gets an error or labels that are sound.
    #[test]
    fn forged_bytes_are_refused_or_sound(
        (image, plan) in image_and_plan(),
        changes in prop::collection::vec((any::<Index>(), prop_oneof![any::<u8>(), 0u8..4]), 1..4),
    ) {
        for labels in labelled(&image, plan, true).iter().take(3) {
            let mut bytes = labels.to_bytes();
            bytes.truncate(bytes.len() - CHECKSUM);
            for (place, byte) in &changes {
                let place = MAGIC + place.index(bytes.len() - MAGIC);
                bytes[place] = *byte;
            }
            match BlockLabels::from_bytes(&sealed(bytes)) {
                Ok(read) => {
                    prop_assert_eq!(&BlockLabels::from_bytes(&read.to_bytes()).unwrap(), &read);
                    let [depth, height, width] = read.block.shape();
                    for row in 0..depth * height {
                        let runs = read.row(row / height, row % height);
                        prop_assert!(runs.windows(2).all(|two| two[0].end() <= two[1].start));
                        prop_assert!(runs.iter().all(|run| run.end() as usize <= width));
                    }
                }
                refusal => prop_assert!(refused(refusal)),
            }
        }
    }
}

/// Bytes of the magic at the front, and of the checksum at the end.
const MAGIC: usize = 18;
const CHECKSUM: usize = 4;

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

fn refused<T>(result: Result<T>) -> bool {
    matches!(result, Err(Error::Value(_)))
}

/// Two pixels of label 7.
fn tiny() -> BlockLabels {
    let image = Array3::from_elem((1, 1, 2), 7u8);
    BlockLabels::of_labels(image.view(), [0; 3], [1, 1, 2], &Task::default()).unwrap()
}

#[test]
fn bytes_that_promise_more_than_they_hold_are_refused() {
    let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let whole = tiny().to_bytes();
    // Block start and stop, frame, number of parts, number of runs: a byte each.
    for place in 0..11 {
        let (front, back) = whole[..whole.len() - CHECKSUM].split_at(MAGIC + place);
        let mut bytes = [front, &most, &back[1..]].concat();
        bytes.extend([0; 100]);
        assert!(
            refused(BlockLabels::from_bytes(&sealed(bytes))),
            "number {place}"
        );
    }
    // A frame as large as there can be, all of which is the block.
    let large = [
        &whole[..MAGIC],
        &[0, 0, 0],
        &most[4..],
        &most[4..],
        &[1],
        &most[4..],
        &most[4..],
        &[1],
        &[1, 1],
    ];
    assert!(refused(BlockLabels::from_bytes(&sealed(large.concat()))));
}

#[test]
fn a_block_outside_the_frame_is_refused() {
    let image = Array3::from_elem((1, 2, 2), 1u8);
    for (start, frame) in [
        ([0, 0, 1], [1, 2, 2]),
        ([0; 3], [1, 1, 2]),
        ([usize::MAX; 3], [usize::MAX; 3]),
    ] {
        let result = BlockLabels::of_labels(image.view(), start, frame, &Task::default());
        assert!(matches!(result, Err(Error::Shape(_))));
    }
}

#[test]
fn a_mosaic_refuses_what_does_not_fit() {
    let labels = tiny();
    let tile = |ids| Tile {
        labels: &labels,
        ids,
    };
    let shape_error = |result: Result<Mosaic<'_>>| matches!(result, Err(Error::Shape(_)));
    assert!(shape_error(Mosaic::new([1, 1, 3], vec![tile(&[0, 1])])));
    assert!(shape_error(Mosaic::new([1, 1, 2], vec![tile(&[0])])));
    assert!(shape_error(Mosaic::new(
        [1, 1, 2],
        vec![tile(&[0, 1]), tile(&[0, 1])]
    )));
}

#[test]
fn a_window_outside_the_block_is_not_painted() {
    let labels = tiny();
    let window = Block {
        start: [0, 0, 1],
        stop: [1, 1, 3],
    };
    let result = labels.paint(&window, &[0, 1], &mut [0; 2], &Task::default());
    assert!(matches!(result, Err(Error::Shape(_))));
    let result = labels.paint(&labels.block, &[0, 1, 2], &mut [0; 2], &Task::default());
    assert!(matches!(result, Err(Error::Shape(_))));
}

#[test]
fn every_step_is_announced_and_done() {
    let image = Array3::from_shape_fn((3, 700, 2), |(z, y, x)| (z + y * x) as u8);
    let (start, frame) = ([0; 3], [3, 700, 2]);
    for of in [BlockLabels::of_labels, BlockLabels::of_segmentation] {
        let task = Task::default();
        let labels = of(image.view(), start, frame, &task).unwrap();
        let values = vec![0u8; labels.parts.len() + 1];
        let mut out = vec![1; image.len()];
        labels
            .paint(&labels.block, &values, &mut out, &task)
            .unwrap();
        let (done, total) = task.progress();
        assert_eq!(done, total);
        assert!(done > 2 && out == vec![0; image.len()]);
    }
}
