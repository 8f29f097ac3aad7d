//! Numpy arrays of any number type as typed views: dtype and strides are resolved here and nowhere else.
//!
//! `kernels.py` hands over native-endian, aligned arrays of five axes `tzyxc` (raw) or four axes `tzyx`
//! (label images, channels); any strides are welcome.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray4, PyReadonlyArray5};
use pyo3::prelude::*;

/// Declares an enum of arrays, one variant a number type, and a macro that runs the same code for each of them.
macro_rules! typed_arrays {
    ($(#[$doc:meta])* $name:ident, $dispatch:ident, $array:ident { $($variant:ident($pixel:ty)),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(FromPyObject)]
        pub(crate) enum $name<'py> {
            $($variant($array<'py, $pixel>)),+
        }

        macro_rules! $dispatch {
            ($value:expr, |$typed:ident| $body:expr) => {
                match $value {
                    $($crate::python::convert::$name::$variant($typed) => $body),+
                }
            };
        }
        pub(crate) use $dispatch;
    };
}

typed_arrays! {
    /// Label images `tzyx` of any integer type.
    LabelArray, with_labels, PyReadonlyArray4 {
        U8(u8), U16(u16), U32(u32), U64(u64), I8(i8), I16(i16), I32(i32), I64(i64),
    }
}

typed_arrays! {
    /// A channel `tzyx` of any integer or float type.
    ChannelArray, with_channel, PyReadonlyArray4 {
        U8(u8), U16(u16), U32(u32), U64(u64), I8(i8), I16(i16), I32(i32), I64(i64), F32(f32), F64(f64),
    }
}

typed_arrays! {
    /// One value an object, of a type that images are painted in.
    ValueArray, with_values, PyReadonlyArray1 { U8(u8), U16(u16), U32(u32), U64(u64), F32(f32) }
}

typed_arrays! {
    /// Intensity images `tzyxc` of any integer or float type.
    RawArray, with_raw, PyReadonlyArray5 {
        U8(u8), U16(u16), U32(u32), U64(u64), I8(i8), I16(i16), I32(i32), I64(i64), F32(f32), F64(f64),
    }
}

typed_arrays! {
    /// A row of numbers per object: features or probabilities.
    Matrix, with_matrix, PyReadonlyArray2 { F32(f32), F64(f64) }
}
