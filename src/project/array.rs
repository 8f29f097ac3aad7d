//! Named arrays of any number type, as they travel between Python and the project file.

use std::collections::BTreeMap;

use ndarray::ArrayD;

/// Arrays by name, such as `samples/X`.
pub type Arrays = BTreeMap<String, Array>;

macro_rules! number_types {
    ($($variant:ident($number:ty)),+ $(,)?) => {
        /// An array of one of the number types a project may hold.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Array {
            $(
                #[doc = concat!("Of `", stringify!($number), "`.")]
                $variant(ArrayD<$number>)
            ),+
        }

        $(impl From<ArrayD<$number>> for Array {
            fn from(array: ArrayD<$number>) -> Self {
                Self::$variant(array)
            }
        })+

        /// Evaluates `$body` with `$values` bound to the [`ndarray::ArrayD`] inside, whatever its type.
        macro_rules! with_values {
            ($array:expr, $values:ident => $body:expr) => {
                match $array { $($crate::project::array::Array::$variant($values) => $body),+ }
            };
        }
        pub(crate) use with_values;
    };
}

number_types! {
    Bool(bool), U8(u8), U16(u16), U32(u32), U64(u64),
    I8(i8), I16(i16), I32(i32), I64(i64), F32(f32), F64(f64),
}

impl Array {
    /// Lengths of the axes.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        with_values!(self, values => values.shape())
    }
}
