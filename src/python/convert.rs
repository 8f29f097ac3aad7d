//! Numpy arrays of any pixel type as typed views: dtype and strides are resolved here and nowhere else.
//!
//! `kernels.py` hands over native-endian, aligned arrays of five axes `tzyxc` (raw) or four axes `tzyx`
//! (label images); any strides are welcome.

use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;

macro_rules! pixel_arrays {
    ($(#[$doc:meta])* $name:ident { $($variant:ident($pixel:ty)),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(FromPyObject)]
        pub(crate) enum $name<'py> {
            $(#[doc = stringify!($pixel)] $variant(PyReadonlyArrayDyn<'py, $pixel>)),+
        }
    };
}

pixel_arrays! {
    /// A label image of any integer type.
    LabelArray { U8(u8), U16(u16), U32(u32), U64(u64), I8(i8), I16(i16), I32(i32), I64(i64) }
}

pixel_arrays! {
    /// An intensity image of any integer or float type.
    RawArray { U8(u8), U16(u16), U32(u32), U64(u64), I8(i8), I16(i16), I32(i32), I64(i64), F32(f32), F64(f64) }
}
