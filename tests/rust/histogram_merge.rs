//! Histograms against counting voxel by voxel, for whole images, any plan of blocks and some objects alone.

use ndarray::{Array3, Array4};
use objclass::block::Block;
use objclass::label::extract::Place;
use objclass::region::collect::{Frame, OfRaw};
use objclass::region::intensity::binning::{Binning, BINS};
use objclass::region::intensity::histogram::collect_with_histograms;
use objclass::region::intensity::quantiles::quantiles;
use objclass::region::RawImage;
use objclass::task::Task;
use proptest::prelude::*;

type Plan = Option<[usize; 3]>;

/// What is collected of raw.
const INTENSITY: OfRaw = OfRaw {
    intensity: true,
    covariance: false,
};

/// Labels in runs of random lengths, and raw of two channels.
fn image<P: std::fmt::Debug + Clone>(
    pixel: impl Strategy<Value = P> + Clone,
) -> impl Strategy<Value = (Array3<u64>, Array4<P>)> {
    (1usize..4, 1usize..8, 1usize..150).prop_flat_map(move |(z, y, x)| {
        let runs = prop::collection::vec((0usize..5, 1usize..40), 1..=z * y * x);
        let labels = runs.prop_map(move |runs| {
            let ids = [0, 3, 70_000, 1 << 40, u64::MAX];
            let voxels = runs.iter().flat_map(|&(id, n)| vec![ids[id]; n]);
            let voxels: Vec<u64> = voxels.cycle().take(z * y * x).collect();
            Array3::from_shape_vec((z, y, x), voxels).expect("as many voxels as the shape has")
        });
        let raw = prop::collection::vec(pixel.clone(), z * y * x * 2);
        let raw = raw.prop_map(move |raw| {
            Array4::from_shape_vec((z, y, x, 2), raw).expect("as many pixels as the shape has")
        });
        (labels, raw)
    })
}

/// Ids in order, the bins of each channel, and the counts of each object and channel.
type Found = (Vec<u64>, Vec<Binning>, Vec<Vec<u64>>);

fn found(labels: &Array3<u64>, raw: &dyn RawImage, plan: Plan, only: Option<&[Place]>) -> Found {
    let view = labels.view();
    let frames = [Frame {
        labels: &view,
        raw: Some(raw),
    }];
    let task = Task::default();
    let (tables, mut all) =
        collect_with_histograms(&frames, INTENSITY, plan, only, &task).expect("valid input");
    let all = all.pop().expect("one per frame");
    let order = tables[0].order();
    let counts = |&row: &u32| all.object(row as usize).counts.to_vec();
    let ids = order.iter().map(|&row| tables[0].ids[row as usize]);
    (
        ids.collect(),
        all.binning.clone(),
        order.iter().map(counts).collect(),
    )
}

/// The same, voxel by voxel.
fn counted(labels: &Array3<u64>, raw: &Array4<f64>) -> Found {
    let ids: std::collections::BTreeSet<u64> =
        labels.iter().copied().filter(|&id| id != 0).collect();
    let voxels = |c: usize| {
        let all = labels.indexed_iter().filter(|(_, &id)| id != 0);
        all.map(move |((z, y, x), &id)| (id, raw[[z, y, x, c]]))
            .filter(|(_, value)| value.is_finite())
    };
    let binning = [0, 1].map(|c| Binning {
        low: voxels(c).map(|(_, v)| v).fold(f64::INFINITY, f64::min),
        high: voxels(c).map(|(_, v)| v).fold(f64::NEG_INFINITY, f64::max),
    });
    let counts = |&object: &u64| {
        let mut counts = vec![0; 2 * BINS];
        for (c, bins) in counts.chunks_mut(BINS).enumerate() {
            for (_, value) in voxels(c).filter(|&(id, _)| id == object) {
                bins[binning[c].bin(value)] += 1;
            }
        }
        counts
    };
    let counts = ids.iter().map(counts).collect();
    (ids.into_iter().collect(), binning.to_vec(), counts)
}

macro_rules! histograms_of {
    ($($test:ident: $pixel:expr;)+) => {proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        $(#[test]
        fn $test(
            (labels, raw) in image($pixel),
            plan in prop::option::of(prop::array::uniform3(1usize..40)),
        ) {
            let expected = counted(&labels, &raw.mapv(|pixel| pixel as f64));
            prop_assert_eq!(found(&labels, &raw.view(), plan, None), expected);
        })+
    }};
}
histograms_of! {
    of_8_bit: any::<u8>();
    of_signed_8_bit: any::<i8>();
    of_16_bit: prop_oneof![any::<u16>(), Just(0), Just(u16::MAX)];
    of_signed_16_bit: prop_oneof![any::<i16>(), Just(i16::MIN)];
    of_few_intensities: 900u16..904;
    of_64_bit: any::<u64>();
    of_signed_64_bit: any::<i64>();
    of_floats: any::<f32>();
    of_doubles: prop_oneof![-1.0..1.0, Just(f64::NAN), Just(f64::INFINITY)];
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn some_objects_alone_are_as_among_all(
        (labels, raw) in image(any::<u16>()),
        plan in prop::option::of(prop::array::uniform3(1usize..40)),
        wanted in prop::collection::vec(0usize..4, 0..3),
    ) {
        let (ids, binning, counts) = found(&labels, &raw.view(), plan, None);
        let wanted: Vec<u64> = wanted.iter().filter_map(|&row| ids.get(row).copied()).collect();
        let whole = Block::whole(labels.dim().into());
        let places: Vec<Place> = wanted.iter().map(|&id| Place { t: 0, id, bounds: whole }).collect();
        let some = found(&labels, &raw.view(), plan, Some(&places));
        prop_assert_eq!(some.1, binning);
        for (row, id) in ids.iter().enumerate() {
            if wanted.contains(id) {
                prop_assert_eq!(&some.2[row], &counts[row]);
            } else {
                prop_assert!(some.2[row].iter().all(|&count| count == 0));
            }
        }
    }
}

#[test]
fn a_frame_without_objects_has_no_counts() {
    let labels = Array3::<u8>::zeros((1, 4, 4));
    let raw = Array4::<u16>::zeros((1, 4, 4, 1));
    let (labels, raw) = (labels.view(), raw.view());
    let frames = [Frame {
        labels: &labels,
        raw: Some(&raw),
    }];
    let found = collect_with_histograms(&frames, INTENSITY, None, None, &Task::default());
    let (_, histograms) = found.expect("valid input");
    assert!(histograms[0].counts.is_empty());
}

#[test]
fn quantiles_lie_on_the_cumulative_curve() {
    let binning = Binning {
        low: 1.0,
        high: 9.0,
    };
    let mut counts = [0; BINS];
    for value in [1.0, 2.0, 3.0, 9.0] {
        counts[binning.bin(value)] += 1;
    }
    let shares = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
    let found = quantiles(&binning, &counts, [1.0, 9.0], shares);
    let expected = [1.0, 1.05, 1.125, 2.125, 3.125, 8.95, 9.0];
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-14, "{found} {expected}");
    }
}

#[test]
fn quantiles_of_one_intensity_are_that_intensity() {
    for (low, high) in [(3.0, 90.0), (3.0, 3.0), (1e6, 1e6)] {
        let binning = Binning { low, high };
        let mut counts = [0; BINS];
        counts[binning.bin(low)] = 5;
        assert_eq!(
            quantiles(&binning, &counts, [low; 2], [0.0, 0.3, 1.0]),
            [low; 3]
        );
    }
}

#[test]
fn more_runs_than_are_kept_are_counted_once_each() {
    // Every pixel is a run.
    let labels = Array3::from_shape_fn((1, 2048, 2048), |(_, y, x)| 1 + (y + x) as u8 % 2);
    let raw = Array4::from_shape_fn((1, 2048, 2048, 1), |(_, y, _, _)| (y / 32) as u8);
    let (labels, raw) = (labels.view(), raw.view());
    let frames = [Frame {
        labels: &labels,
        raw: Some(&raw),
    }];
    let found = collect_with_histograms(&frames, INTENSITY, None, None, &Task::default());
    let (_, histograms) = found.expect("valid input");
    assert_eq!(histograms[0].counts, [32 * 1024; 2 * BINS]);
}
