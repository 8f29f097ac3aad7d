//! Progress of measuring reaches its end, however many objects there are.

use ndarray::Array3;
use objclass::feature::{find, measure, Plan};
use objclass::region::collect::Frame;
use objclass::task::Task;

#[test]
fn measuring_takes_as_many_steps_as_it_expects() {
    for n_objects in [0, 1, 511, 513, 30_000] {
        let labels = Array3::from_shape_fn((1, 100, 600), |(_, y, x)| {
            let pixel = (y * 600 + x) as u32;
            (pixel % 2) * u32::from(pixel < 2 * n_objects) * (pixel + 1)
        });
        let frame = Frame {
            labels: &labels.view(),
            raw: None,
        };
        let size = find("num_pixels").expect("a feature");
        for features in [&[size][..], &[]] {
            let task = Task::default();
            let table =
                measure(&[frame, frame], &Plan::new(features, 2), &task).expect("valid input");
            assert_eq!(table.ids.len(), 2 * n_objects as usize);
            let (done, expected) = task.progress();
            assert_eq!(done, expected);
            assert!(expected > 2);
        }
    }
}
