//! The random forest for Python.

use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{with_matrix, Matrix};
use super::detach::{detach, Run};
use crate::error::{Error, Result};
use crate::learn::{self, ForestArrays, Missing, RandomForest, Samples};

/// A trained forest.
#[pyclass(frozen, module = "napari_objclass")]
pub(crate) struct Forest(RandomForest);

/// Trains a forest; `y` holds class numbers from 0.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the settings of a forest by name"
)]
pub(crate) fn fit_forest(
    py: Python<'_>,
    run: &Run,
    x: Matrix<'_>,
    y: PyReadonlyArray1<'_, usize>,
    n_classes: usize,
    n_trees: usize,
    seed: u64,
    missing: &str,
) -> PyResult<Forest> {
    let missing = parse_missing(missing)?;
    let y = y.as_array().to_vec();
    let params = RandomForest::params().n_trees(n_trees).seed(seed);
    with_matrix!(x, |x| {
        let x = x.as_array();
        let forest = detach(py, run, |task| {
            let samples = Samples::new(x, &y, n_classes, missing, task)?;
            params.fit_samples(&samples, task)
        });
        Ok(Forest(forest?))
    })
}

#[pymethods]
impl Forest {
    /// Class probabilities, (rows, classes).
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        x: Matrix<'_>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        with_matrix!(x, |x| {
            let x = x.as_array();
            let probabilities = detach(py, run, |task| self.0.predict_proba(x, task))?;
            Ok(probabilities.into_pyarray(py))
        })
    }

    /// Share of the training rows that the trees which never saw them get wrong.
    #[getter]
    fn oob_error(&self) -> f64 {
        self.0.oob_error()
    }

    /// Out-of-bag class of each training row, counted from 1; 0 where every tree drew the row.
    #[getter]
    fn oob_classes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let numbers = self.0.oob_classes().iter();
        let numbers: Vec<_> = numbers
            .map(|class| class.map_or(0, |class| i64::from(class) + 1))
            .collect();
        numbers.into_pyarray(py)
    }

    /// Training rows by (true class, out-of-bag class).
    #[getter]
    fn oob_confusion<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<u64>> {
        self.0.oob_confusion().to_pyarray(py)
    }

    /// Share of each column in the decrease of impurity.
    #[getter]
    fn importances<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.0.importances().to_pyarray(py)
    }

    /// The forest as plain arrays by name.
    fn to_arrays<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let arrays = ForestArrays::from(&self.0);
        let dict = PyDict::new(py);
        dict.set_item("nodes_per_tree", arrays.nodes_per_tree.into_pyarray(py))?;
        dict.set_item("column", arrays.column.into_pyarray(py))?;
        dict.set_item("threshold", arrays.threshold.into_pyarray(py))?;
        dict.set_item("right", arrays.right.into_pyarray(py))?;
        dict.set_item("leaf_frequencies", arrays.leaf_frequencies.into_pyarray(py))?;
        dict.set_item("importances", arrays.importances.into_pyarray(py))?;
        dict.set_item("oob_classes", arrays.oob_classes.into_pyarray(py))?;
        dict.set_item("oob_confusion", arrays.oob_confusion.into_pyarray(py))?;
        Ok(dict)
    }

    /// The forest that these arrays describe.
    #[staticmethod]
    #[pyo3(signature = (*, nodes_per_tree, column, threshold, right, leaf_frequencies, importances, oob_classes, oob_confusion, missing))]
    #[expect(clippy::too_many_arguments, reason = "one argument per stored array")]
    fn from_arrays(
        nodes_per_tree: PyReadonlyArray1<'_, u32>,
        column: PyReadonlyArray1<'_, i32>,
        threshold: PyReadonlyArray1<'_, f32>,
        right: PyReadonlyArray1<'_, u32>,
        leaf_frequencies: PyReadonlyArray2<'_, f32>,
        importances: PyReadonlyArray1<'_, f64>,
        oob_classes: PyReadonlyArray1<'_, u32>,
        oob_confusion: PyReadonlyArray2<'_, u64>,
        missing: &str,
    ) -> PyResult<Self> {
        let arrays = ForestArrays {
            nodes_per_tree: nodes_per_tree.as_array().to_vec(),
            column: column.as_array().to_vec(),
            threshold: threshold.as_array().to_vec(),
            right: right.as_array().to_vec(),
            leaf_frequencies: leaf_frequencies.as_array().to_owned(),
            importances: importances.as_array().to_vec(),
            oob_classes: oob_classes.as_array().to_vec(),
            oob_confusion: oob_confusion.as_array().to_owned(),
            missing: parse_missing(missing)?,
        };
        Ok(Self(arrays.try_into()?))
    }
}

/// 1 − (first − second) of each row.
#[pyfunction]
pub(crate) fn uncertainty<'py>(
    py: Python<'py>,
    run: &Run,
    probabilities: Matrix<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    with_matrix!(probabilities, |p| {
        let p = p.as_array();
        let found = detach(py, run, |_| Ok(learn::uncertainty(p)))?;
        Ok(found.into_pyarray(py).into_any())
    })
}

fn parse_missing(word: &str) -> Result<Missing> {
    match word {
        "last" => Ok(Missing::Last),
        "zero" => Ok(Missing::Zero),
        _ => Err(Error::Value(format!(
            "missing must be \"last\" or \"zero\", not {word:?}"
        ))),
    }
}
