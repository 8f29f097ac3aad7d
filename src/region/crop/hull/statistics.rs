//! Statistics of the defects of a hull.

use super::defects::Defect;

/// Number, sizes and displacement of the defects of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DefectStatistics {
    /// k, the number of defects.
    pub count: u64,
    /// Mean size; 0 without defects.
    pub mean: f64,
    /// Unbiased variance of the sizes; 0 below two defects.
    pub variance: f64,
    /// Unbiased skewness of the sizes; 0 below three defects, `None` if all sizes are equal.
    pub skewness: Option<f64>,
    /// Unbiased excess kurtosis of the sizes; 0 below four defects, `None` if all sizes are equal.
    pub kurtosis: Option<f64>,
    /// Mean distance between the centres of the object and of its defects, weighted by size; 0 without defects.
    pub displacement: f64,
}

impl DefectStatistics {
    /// The statistics of defects given by rising size.
    pub(super) fn of(defects: &[Defect]) -> Self {
        let (Some(smallest), Some(largest)) = (defects.first(), defects.last()) else {
            return Self {
                skewness: Some(0.0),
                kurtosis: Some(0.0),
                ..Self::default()
            };
        };
        let k = defects.len() as f64;
        let total = defects.iter().map(|defect| defect.size).sum::<u64>() as f64;
        let mean = total / k;
        let power_sum = |power| -> f64 {
            let terms = defects.iter().map(|d| (d.size as f64 - mean).powi(power));
            terms.sum()
        };
        let spread = power_sum(2);
        let skewness =
            || (k * (k - 1.0)).sqrt() / (k - 2.0) * k.sqrt() * power_sum(3) / spread.powf(1.5);
        let kurtosis = || {
            let biased = k * power_sum(4) / (spread * spread) - 3.0;
            (k - 1.0) / ((k - 2.0) * (k - 3.0)) * ((k + 1.0) * biased + 6.0)
        };
        let equal = smallest.size == largest.size;
        let from = |least: usize, value: &dyn Fn() -> f64| match defects.len() {
            n if n < least => Some(0.0),
            _ => (!equal).then(value),
        };
        Self {
            count: defects.len() as u64,
            mean,
            variance: if equal { 0.0 } else { spread / (k - 1.0) },
            skewness: from(3, &skewness),
            kurtosis: from(4, &kurtosis),
            displacement: defects
                .iter()
                .map(|defect| defect.displacement)
                .sum::<f64>()
                / total,
        }
    }
}
