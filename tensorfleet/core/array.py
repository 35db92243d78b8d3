"""One wish, many jobs: each of an array is an ordinary job that knows its index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tensorfleet.core.job import ArrayPlace, JobSpec


def spread(spec: JobSpec, array: str, indices: Sequence[int], most: int) -> list[JobSpec]:
    """The specs of the jobs of the array with the id `array`. most: how many may run at once, 0 for all."""
    return [
        replace(
            spec,
            name=f"{spec.name}.{index}",
            env={
                **spec.env,
                "TENSORFLEET_ARRAY_ID": array,
                "TENSORFLEET_ARRAY_INDEX": str(index),
                "TENSORFLEET_ARRAY_SIZE": str(len(indices)),
            },
            array=ArrayPlace(array, index, most),
        )
        for index in indices
    ]
