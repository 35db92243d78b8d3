"""What a person wants saved, as torch.distributed.checkpoint takes it, and back.

Modules and optimizers go through `torch.distributed.checkpoint.state_dict`, which names parameters the same under
DDP, FSDP and neither, so that a checkpoint of one loads into another and into any number of ranks.
"""

# mypy: untyped-calls-exclude=torch

from __future__ import annotations

import copy
from typing import Any, Dict, List, Mapping, Optional

from tensorfleet.train.saved import CheckpointError


def capture(state: Mapping[str, Any]) -> Dict[str, Any]:
    """The state dict of `state`; its tensors are those of the program, not copies. Some of it is collective."""
    import torch
    from torch.distributed.checkpoint.state_dict import get_model_state_dict, get_optimizer_state_dict

    modules = _modules(state)
    captured: Dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, torch.nn.Module):
            captured[name] = get_model_state_dict(value)
        elif isinstance(value, torch.optim.Optimizer):
            owner = _owner(value, modules)
            captured[name] = get_optimizer_state_dict(owner, value) if owner is not None else value.state_dict()
        elif hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
            captured[name] = value.state_dict()
        elif isinstance(value, Mapping):
            captured[name] = capture(value)
        else:
            captured[name] = value
    return captured


def restore(state: Dict[str, Any], loaded: Mapping[str, Any]) -> None:
    """Gives back to `state` what `capture` took; plain values in it are replaced. Some of it is collective."""
    import torch
    from torch.distributed.checkpoint.state_dict import set_model_state_dict, set_optimizer_state_dict

    modules = _modules(state)
    for name, value in state.items():
        found = loaded[name]
        if isinstance(value, torch.nn.Module):
            set_model_state_dict(value, found)
        elif isinstance(value, torch.optim.Optimizer):
            owner = _owner(value, modules)
            if owner is not None:
                set_optimizer_state_dict(owner, value, found)
            else:
                value.load_state_dict(found)
        elif hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
            value.load_state_dict(found)
        elif isinstance(value, dict):
            restore(value, found)
        elif not isinstance(value, torch.Tensor):  # tensors were loaded in place
            state[name] = found


def check(state: Any) -> Dict[str, Any]:
    """`state` if it is a dict by names. Raises CheckpointError."""
    if not isinstance(state, dict) or not all(isinstance(name, str) and name for name in state):
        kind = type(state).__name__
        raise CheckpointError(f'a checkpoint takes a dict such as {{"model": model, "epoch": 3}}, not a {kind}')
    return state


def _modules(state: Mapping[str, Any]) -> List[Any]:
    import torch

    return [value for value in state.values() if isinstance(value, torch.nn.Module)]


def _owner(optimizer: Any, modules: List[Any]) -> Optional[Any]:
    """The module whose parameters `optimizer` trains, which gives them their names."""
    trained = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    for module in modules:
        if trained <= {id(parameter) for parameter in module.parameters()}:
            return module
    return None


class Staging:
    """Copies a state dict to host memory, into the same memory each time: fresh pages would double the time."""

    def __init__(self) -> None:
        self._tensors: Dict[str, Any] = {}
        self._on_gpu = False

    def copy(self, state: Mapping[str, Any]) -> Dict[str, Any]:
        """A copy that no later training step changes, valid until the next call."""
        self._on_gpu = False
        copied: Dict[str, Any] = self._copy("", state)
        if self._on_gpu:
            import torch

            torch.cuda.synchronize()
        return copied

    def _copy(self, name: str, value: Any) -> Any:
        import torch

        if isinstance(value, Mapping):
            return {key: self._copy(f"{name}/{key}", item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self._copy(f"{name}/{index}", item) for index, item in enumerate(value))
        if not isinstance(value, torch.Tensor):
            return copy.deepcopy(value)
        if hasattr(value, "to_local"):  # DTensor: FSDP2, tensor parallel
            sharded: Any = value
            return type(sharded)(self._tensor(name, sharded.to_local()), sharded._spec, requires_grad=False)
        if hasattr(value, "local_shards"):  # ShardedTensor: FSDP without a device mesh
            return copy.deepcopy(value) if value.device.type == "cpu" else value.to("cpu")
        return self._tensor(name, value)

    def _tensor(self, name: str, value: Any) -> Any:
        import torch

        value = value.detach()
        kept = self._tensors.get(name)
        if kept is None or kept.shape != value.shape or kept.dtype != value.dtype:
            pinned = value.is_cuda
            kept = torch.empty(value.shape, dtype=value.dtype, device="cpu", pin_memory=pinned)
            self._tensors[name] = kept
        kept.copy_(value, non_blocking=value.is_cuda)
        self._on_gpu = self._on_gpu or value.is_cuda
        return kept
