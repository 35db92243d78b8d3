"""Which GPUs are sick, kept for the next agent: a restart is no test."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tensorfleet.agent.ranks.durable import write_json
from tensorfleet.agent.watch.gpus import Condition
from tensorfleet.obs.logging import fields

log = logging.getLogger(__name__)


class SickList:
    """In `file`. sick: why, by UUID. One that cannot be read holds none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self.sick = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.MsgspecError):
            self.sick = {}

    def keep(self, conditions: Mapping[str, Condition]) -> None:
        """What was found now. A card that is gone for the moment stays what it was."""
        gone = {uuid: note for uuid, note in self.sick.items() if uuid not in conditions}
        sick = gone | {uuid: found.note for uuid, found in conditions.items() if found.state == "sick"}
        if sick == self.sick:
            return
        self.sick = sick
        try:
            write_json(str(self._file), sick)
        except OSError as error:
            log.warning("which GPUs are sick is not on disk", extra=fields(error=str(error)))
