//! Runs that differ between two label images, against a look at every pixel.

use ndarray::{Array4, ArrayView4};
use objclass::label::diff::changed_runs;
use objclass::task::Task;
use proptest::prelude::*;

fn image(shape: [usize; 4]) -> impl Strategy<Value = Array4<i32>> {
    let pixels = prop::collection::vec(0i32..3, shape.iter().product::<usize>());
    pixels.prop_map(move |pixels| {
        Array4::from_shape_vec(shape, pixels).expect("as many pixels as the shape has")
    })
}

fn images() -> impl Strategy<Value = (Array4<i32>, Array4<i32>)> {
    [1usize..3, 1..4, 1..5, 1..70].prop_flat_map(|[t, z, y, x]| {
        let shape = [t, z, y, x];
        (image(shape), image(shape))
    })
}

proptest! {
    #[test]
    fn writing_them_into_one_image_gives_the_other((before, after) in images(), turned: bool) {
        let axes = if turned { [3, 2, 1, 0] } else { [0, 1, 2, 3] };
        let (before, after) = (before.permuted_axes(axes), after.permuted_axes(axes));
        let runs = changed_runs(before.view(), after.view(), &Task::default()).unwrap();
        let mut written = before.clone();
        let mut last = None;
        for run in runs {
            prop_assert!(run.length > 0 && run.before != run.after);
            let place = [run.t, run.z, run.y, run.x];
            prop_assert!(last < Some(place), "in raster order");
            last = Some([run.t, run.z, run.y, run.x + run.length - 1]);
            for x in run.x..run.x + run.length {
                let pixel = &mut written[[run.t, run.z, run.y, x]];
                prop_assert_eq!(*pixel as u64, run.before);
                *pixel = run.after as i32;
            }
        }
        prop_assert_eq!(written, after);
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let refused = |before: ArrayView4<'_, i32>, after: ArrayView4<'_, i32>| {
        changed_runs(before, after, &Task::default())
            .unwrap_err()
            .to_string()
    };
    let zeros = Array4::<i32>::zeros([1, 1, 2, 3]);
    let larger = Array4::<i32>::zeros([1, 1, 3, 3]);
    assert!(refused(zeros.view(), larger.view()).contains("must be equal"));
    let mut negative = zeros.clone();
    negative[[0, 0, 1, 2]] = -7;
    assert!(refused(zeros.view(), negative.view()).contains("-7 at t=0, z=0, y=1, x=2"));
}
