//! Collected tables against sums over voxels written down plainly, for whole images and for any plan of blocks.

use ndarray::{Array3, Array4};
use objclass::block::Block;
use objclass::feature::{find, measure, Plan};
use objclass::label::extract::Place;
use objclass::region::collect::{collect, Frame, OfRaw};
use objclass::region::{Moments, RawImage, RegionTable};
use objclass::task::Task;
use proptest::prelude::*;

/// What is collected of raw.
const INTENSITY: OfRaw = OfRaw {
    intensity: true,
    covariance: false,
};

/// Labels in runs of random lengths, ids small and huge.
fn labels(shape: [usize; 3]) -> impl Strategy<Value = Array3<u64>> {
    let size = shape.iter().product::<usize>();
    let run = (0usize..5, 1usize..40);
    prop::collection::vec(run, 1..=size.max(1)).prop_map(move |runs| {
        let ids = [0, 3, 70_000, 1 << 40, u64::MAX];
        let voxels = runs.iter().flat_map(|&(id, n)| vec![ids[id]; n]);
        let voxels: Vec<u64> = voxels.cycle().take(size).collect();
        Array3::from_shape_vec(shape, voxels).expect("as many voxels as the shape has")
    })
}

/// An image of up to 3 × 7 × 150 voxels with raw of two channels.
fn image<P: std::fmt::Debug + Clone>(
    pixel: impl Strategy<Value = P> + Clone,
) -> impl Strategy<Value = (Array3<u64>, Array4<P>)> {
    (1usize..4, 1usize..8, 1usize..150).prop_flat_map(move |(z, y, x)| {
        let raw = prop::collection::vec(pixel.clone(), z * y * x * 2);
        let raw = raw.prop_map(move |raw| {
            Array4::from_shape_vec((z, y, x, 2), raw).expect("as many pixels as the shape has")
        });
        (labels([z, y, x]), raw)
    })
}

fn table(labels: &Array3<u64>, raw: &dyn RawImage, plan: Option<[usize; 3]>) -> RegionTable {
    let view = labels.view();
    let frame = Frame {
        labels: &view,
        raw: Some(raw),
    };
    let mut tables =
        collect(&[frame], INTENSITY, plan, None, &Task::default()).expect("valid input");
    tables.pop().expect("one table per frame")
}

/// Moments of each channel by id, sorted by id.
fn moments(table: &RegionTable) -> Vec<(u64, [Moments; 2])> {
    let rows = table.order().into_iter().map(|row| {
        let row = row as usize;
        let count = table.geometry[row].count;
        let channel = |c| {
            let place = 2 * row + c;
            table
                .intensity
                .moments(place, count)
                .expect("raw was given")
        };
        (table.ids[row], [channel(0), channel(1)])
    });
    rows.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn geometry_is_the_sum_over_voxels(
        (labels, raw) in image(any::<u8>()),
        plan in prop::option::of(prop::array::uniform3(1usize..40)),
    ) {
        let found = table(&labels, &raw.view(), plan);
        for (row, &id) in found.ids.iter().enumerate() {
            let geometry = found.geometry[row];
            let places: Vec<[u64; 3]> = labels
                .indexed_iter()
                .filter(|(_, &label)| label == id)
                .map(|((z, y, x), _)| [z as u64, y as u64, x as u64])
                .collect();
            let sum = |f: &dyn Fn(&[u64; 3]) -> u64| places.iter().map(f).sum::<u64>();
            prop_assert_eq!(geometry.count, places.len() as u64);
            for axis in 0..3 {
                let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
                prop_assert_eq!(geometry.sums[axis], sum(&|r| r[axis]));
                prop_assert_eq!(geometry.squares[axis], u128::from(sum(&|r| r[axis] * r[axis])));
                prop_assert_eq!(geometry.products[axis], u128::from(sum(&|r| r[a] * r[b])));
                let along = || places.iter().map(|r| r[axis] as u32);
                prop_assert_eq!(Some(geometry.min[axis]), along().min());
                prop_assert_eq!(Some(geometry.max[axis]), along().max());
            }
        }
        let objects: std::collections::BTreeSet<u64> = labels.iter().copied().filter(|&l| l != 0).collect();
        prop_assert_eq!(found.ids.len(), objects.len());
    }

    #[test]
    fn exact_moments_do_not_depend_on_the_plan(
        (labels, raw) in image(prop_oneof![any::<u16>(), Just(u16::MAX), Just(0)]),
        plan in prop::array::uniform3(1usize..40),
    ) {
        let whole = moments(&table(&labels, &raw.view(), None));
        prop_assert_eq!(&whole, &moments(&table(&labels, &raw.view(), Some(plan))));
        for (id, channels) in whole {
            for (c, found) in channels.into_iter().enumerate() {
                let values: Vec<i128> = labels
                    .indexed_iter()
                    .filter(|(_, &label)| label == id)
                    .map(|((z, y, x), _)| i128::from(raw[[z, y, x, c]]))
                    .collect();
                let (n, sum) = (values.len() as i128, values.iter().sum::<i128>());
                prop_assert_eq!(found.sum, sum as f64);
                prop_assert_eq!(Some(found.min), values.iter().min().map(|&v| v as f64));
                prop_assert_eq!(Some(found.max), values.iter().max().map(|&v| v as f64));
                for (k, central) in (2..).zip(found.central) {
                    // n^k Σ(v - mean)^k is an integer.
                    let exact: i128 = values.iter().map(|v| (n * v - sum).pow(k)).sum();
                    let scale: i128 = values.iter().map(|v| (n * v - sum).pow(k).abs()).sum();
                    let power = (n as f64).powi(k as i32);
                    let error = (central - exact as f64 / power).abs();
                    prop_assert!(error <= 1e-14 * scale as f64 / power, "{} {}", central, exact);
                }
            }
        }
    }

    #[test]
    fn wide_moments_agree_between_plans(
        (labels, raw) in image(-1e6f32..1e6),
        plan in prop::array::uniform3(1usize..40),
    ) {
        let whole = moments(&table(&labels, &raw.view(), None));
        let parts = moments(&table(&labels, &raw.view(), Some(plan)));
        prop_assert_eq!(whole.len(), parts.len());
        for ((id, a), (other, b)) in whole.into_iter().zip(parts) {
            prop_assert_eq!(id, other);
            for (a, b) in a.into_iter().zip(b) {
                let sd = (a.central[0] / a.count).sqrt();
                prop_assert!((a.mean - b.mean).abs() <= 1e-12 * sd.max(a.mean.abs()));
                prop_assert_eq!((a.min, a.max, a.count), (b.min, b.max, b.count));
                for (k, (x, y)) in (2..).zip(a.central.into_iter().zip(b.central)) {
                    prop_assert!((x - y).abs() <= 1e-12 * x.abs().max(a.count * sd.powi(k)));
                }
            }
        }
    }
}

#[test]
fn very_long_runs_and_rows_do_not_overflow() {
    let width = (1 << 21) + 77;
    let labels = Array3::from_elem((1, 2, width), 5u8);
    let raw = Array4::from_shape_fn((1, 2, width, 1), |(_, y, _, _)| 65_535 * y as u16);
    let (view, raw) = (labels.view(), raw.view());
    let frame = Frame {
        labels: &view,
        raw: Some(&raw),
    };
    let ids = [
        "num_pixels",
        "centroid",
        "axis_radii",
        "intensity_mean",
        "intensity_variance",
        "intensity_skewness",
        "intensity_kurtosis",
        "intensity_min",
        "intensity_max",
        "intensity_sum",
    ];
    let features = ids.map(|id| find(id).expect("a feature"));
    let plan = Plan::new(&features, 2);
    let table = measure(&[frame], &plan, &Task::default()).expect("valid input");
    let n = width as f64;
    assert_eq!(table.ids, [5]);
    assert_eq!(table.values[0], 2.0 * n);
    assert_eq!(table.values[1], (n - 1.0) / 2.0);
    let radius = ((n * n - 1.0) / 12.0).sqrt();
    assert!((table.values[3] - radius).abs() <= 1e-15 * radius);
    let moments = &table.values[table.n_columns - 7..];
    let half = 65_535.0 / 2.0;
    let expected = [half, half * half, 0.0, -2.0, 0.0, 65_535.0, 65_535.0 * n];
    for (found, expected) in moments.iter().zip(expected) {
        assert!((found - expected).abs() <= f64::EPSILON * expected.abs().max(1.0));
    }
}

#[test]
fn a_negative_label_is_named() {
    let mut labels = Array3::<i16>::zeros((2, 3, 200));
    labels[[1, 2, 150]] = -7;
    let view = labels.view();
    let frame = Frame {
        labels: &view,
        raw: None,
    };
    let error = collect(&[frame], INTENSITY, None, None, &Task::default()).expect_err("negative");
    assert!(error.to_string().contains("negative label -7 at z=1, y=2"));
}

/// The bits of all moments of an object.
fn bits(moments: &[Moments; 2]) -> Vec<u64> {
    let all = moments.iter().flat_map(|m| {
        let sums = [m.count, m.sum, m.mean, m.min, m.max, m.not_finite as f64];
        sums.into_iter().chain(m.central)
    });
    all.map(f64::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn some_objects_alone_are_as_among_all(
        (labels, raw) in image(any::<f32>()),
        plan in prop::option::of(prop::array::uniform3(1usize..40)),
        ids in prop::collection::vec(0usize..5, 0..4),
    ) {
        let (view, raw) = (labels.view(), raw.view());
        let frame = Frame { labels: &view, raw: Some(&raw) };
        let whole = table(&labels, &raw, plan);
        let wanted: Vec<usize> = ids.into_iter().filter(|&row| row < whole.ids.len()).collect();
        let places: Vec<Place> = wanted
            .iter()
            .map(|&row| Place {
                t: 0,
                id: whole.ids[row],
                bounds: Block {
                    start: whole.geometry[row].min.map(|low| low as usize),
                    stop: whole.geometry[row].max.map(|high| high as usize + 1),
                },
            })
            .collect();
        let some = collect(&[frame], INTENSITY, plan, Some(&places), &Task::default()).expect("valid input");
        let among_all = moments(&whole);
        let alone = moments(&some[0]);
        for (id, found) in &alone {
            let expected = among_all.iter().find(|(other, _)| other == id).expect("an object");
            prop_assert_eq!(bits(found), bits(&expected.1));
            let row = |table: &RegionTable| table.ids.iter().position(|other| other == id);
            let (here, there) = (row(&some[0]).expect("a row"), row(&whole).expect("a row"));
            prop_assert_eq!(some[0].geometry[here], whole.geometry[there]);
        }
        let mut expected: Vec<u64> = places.iter().map(|place| place.id).collect();
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(alone.iter().map(|(id, _)| *id).collect::<Vec<_>>(), expected);
    }
}
