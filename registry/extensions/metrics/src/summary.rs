//! Summaries without quantiles: a sum and a count, which is all that zot keeps of some latencies.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

/// A sum and a count. The client library has no summaries: it is encoded as a histogram without buckets, and
/// [`crate::endpoint`] puts the right type into the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary(Arc<Mutex<(f64, u64)>>);

impl Summary {
    /// Adds a value.
    pub(crate) fn observe(&self, value: f64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += value;
        state.1 += 1;
    }
}

impl TypedMetric for Summary {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Summary {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let (sum, count) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        encoder.encode_histogram::<NoLabelSet>(sum, count, &[], None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}
