//! The pixel types of raw: those of up to 16 bit are summed as integers, wider ones as 64-bit floats.

/// A pixel of up to 16 bit.
pub(super) trait Narrow: Copy + Send + Sync {
    /// What is subtracted from a value to fit it into `i16`.
    const OFFSET: i32;
    /// `self - OFFSET`.
    fn shifted(self) -> i16;
}

impl Narrow for u8 {
    const OFFSET: i32 = 0;
    #[inline(always)]
    fn shifted(self) -> i16 {
        i16::from(self)
    }
}

impl Narrow for i8 {
    const OFFSET: i32 = 0;
    #[inline(always)]
    fn shifted(self) -> i16 {
        i16::from(self)
    }
}

impl Narrow for i16 {
    const OFFSET: i32 = 0;
    #[inline(always)]
    fn shifted(self) -> i16 {
        self
    }
}

impl Narrow for u16 {
    const OFFSET: i32 = 1 << 15;
    #[inline(always)]
    fn shifted(self) -> i16 {
        (self ^ (1 << 15)) as i16
    }
}

/// A pixel that is summed in `f64`.
pub(super) trait Wide: Copy + Send + Sync {
    /// The value as `f64`, the nearest one if it has more than 53 bits.
    fn value(self) -> f64;
    /// The value of this pixel type nearest to `mean`: differences to it are exact where they can be.
    fn nearest(mean: f64) -> f64;
}

macro_rules! wide_integers {
    ($($pixel:ty),+) => {$(
        impl Wide for $pixel {
            #[inline(always)]
            fn value(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn nearest(mean: f64) -> f64 {
                mean.round()
            }
        }
    )+};
}
wide_integers!(u32, u64, i32, i64);

impl Wide for f32 {
    #[inline(always)]
    fn value(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn nearest(mean: f64) -> f64 {
        f64::from(mean as f32)
    }
}

impl Wide for f64 {
    #[inline(always)]
    fn value(self) -> f64 {
        self
    }
    #[inline(always)]
    fn nearest(mean: f64) -> f64 {
        mean
    }
}
