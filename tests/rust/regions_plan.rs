//! Objects collected block by block and finished in groups against those of the whole image, for every feature.

use ndarray::{s, Array3, Array4};
use objclass::block::Block;
use objclass::feature::{
    catalogue, crop_boxes, finish_objects, measure, Feature, FeatureTable, Group, Plan, Problem,
};
use objclass::label::block_labels::BlockLabels;
use objclass::region::collect::{Frame, OfRaw};
use objclass::region::{Mosaic, Regions, Tile, Window};
use objclass::task::Task;
use proptest::prelude::*;

/// Squares that may touch, with ids of their own.
fn labels(shape: [usize; 3]) -> impl Strategy<Value = Array3<u64>> {
    let corner = (0..shape[0], 0..shape[1], 0..shape[2]);
    let square = (corner, 1usize..9, 1usize..9, 1u64..6);
    prop::collection::vec(square, 1..8).prop_map(move |squares| {
        let mut image = Array3::zeros(shape);
        for ((z, y, x), height, width, id) in squares {
            let (bottom, right) = ((y + height).min(shape[1]), (x + width).min(shape[2]));
            let back = (z + 2).min(shape[0]);
            image.slice_mut(s![z..back, y..bottom, x..right]).fill(id);
        }
        image
    })
}

fn image() -> impl Strategy<Value = (Array3<u64>, Array4<u16>)> {
    (1usize..4, 8usize..20, 8usize..20, 1usize..3).prop_flat_map(|(z, y, x, channels)| {
        let raw = prop::collection::vec(any::<u16>(), z * y * x * channels);
        let shape = (z, y, x, channels);
        let raw = raw.prop_map(move |raw| Array4::from_shape_vec(shape, raw).unwrap());
        (labels([z, y, x]), raw)
    })
}

/// The labels of a block, and the id of each number.
fn block_labels(labels: &Array3<u64>, block: Block) -> (BlockLabels, Vec<u64>) {
    let (part, frame) = (labels.slice(block.slice()), labels.dim().into());
    let found = BlockLabels::of_labels(part, block.start, frame, &Task::default()).unwrap();
    let ids = [0]
        .into_iter()
        .chain(found.parts.iter().map(|part| part.key));
    let ids = ids.collect();
    (found, ids)
}

/// Features of the catalogue for such images.
fn features(n_dims: usize, n_channels: usize) -> Vec<&'static Feature> {
    let fits = |feature: &&Feature| {
        feature.spec.dims.contains(&n_dims) && feature.spec.channels.allow(n_channels)
    };
    catalogue().filter(fits).collect()
}

fn bits(table: &FeatureTable) -> (Vec<u64>, Vec<u64>, Vec<Problem>) {
    let values = table.values.iter().map(|value| value.to_bits());
    (table.ids.clone(), values.collect(), table.problems.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_feature_is_that_of_the_whole_image(
        (labels, raw) in image(),
        shape in (1usize..4, 3usize..12, 3usize..12),
        margin in 0usize..4,
    ) {
        let task = Task::default();
        let frame: [usize; 3] = labels.dim().into();
        let (n_dims, n_channels) = (if frame[0] > 1 { 3 } else { 2 }, raw.dim().3);
        let features = features(n_dims, n_channels);
        let margin = [margin.min(1), margin, margin];
        let (view, raw_view) = (labels.view(), raw.view());
        let whole = Frame { labels: &view, raw: Some(&raw_view) };
        let plan = Plan { margin, ..Plan::new(&features, n_dims) };
        let expected = measure(&[whole], &plan, &task).unwrap();

        let blocks = Block::whole(frame).grid(shape.into());
        let parts: Vec<_> = blocks.iter().map(|&block| block_labels(&labels, block)).collect();
        let tiles = || parts.iter().map(|(labels, ids)| Tile { labels, ids }).collect::<Vec<_>>();
        let mosaic = Mosaic::new(frame, tiles()).unwrap();
        let mut merged: Option<Regions> = None;
        for block in &blocks {
            let own = raw.slice(s![block.start[0]..block.stop[0], block.start[1]..block.stop[1], block.start[2]..block.stop[2], ..]);
            let window = Window::new(&own, block.start, frame).unwrap();
            let of_block = Frame { labels: &mosaic, raw: Some(&window) };
            let of_raw = OfRaw { intensity: true, covariance: true };
            let found = Regions::collect(&of_block, block, of_raw, &task).unwrap();
            let found = Regions::from_bytes(&found.to_bytes()).unwrap();
            match &mut merged {
                Some(merged) => merged.merge(&found).unwrap(),
                None => merged = Some(found),
            }
        }
        let regions = merged.unwrap();
        let boxes = crop_boxes(&regions.select(&expected.ids).unwrap(), &features, margin);
        let Some(hull) = boxes.into_iter().reduce(|a, b| a.hull(&b)) else {
            return Ok(());
        };
        let near = raw.slice(s![hull.start[0]..hull.stop[0], hull.start[1]..hull.stop[1], hull.start[2]..hull.stop[2], ..]);
        let group = Group {
            regions: &regions,
            ids: &expected.ids,
            labels: &mosaic,
            raw: Some(Window::new(&near, hull.start, frame).unwrap()),
            n_channels,
            ranges: None,
            counts: None,
            too_large: None,
        };
        let found = finish_objects(&group, &features, margin, &task).unwrap();
        prop_assert_eq!(bits(&found), bits(&expected));
    }
}
