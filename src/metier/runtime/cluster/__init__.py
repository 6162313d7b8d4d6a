"""Predicting on many machines: Ray over partitioned Parquet, and Arrow batches for any engine."""

from importlib.util import find_spec

from metier.errors import MissingExtraError

if not (find_spec("pyarrow") and find_spec("fsspec")):
    raise MissingExtraError("Predicting partitioned Parquet", "cluster")

from metier.runtime.cluster.answers import Answers
from metier.runtime.cluster.job import ClusterOutcome, predict_partitions
from metier.runtime.cluster.pool import ClusterError

__all__ = ["Answers", "ClusterError", "ClusterOutcome", "predict_partitions"]
