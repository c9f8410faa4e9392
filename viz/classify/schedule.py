"""Which weights learn, and how fast at which step."""

import re
from collections.abc import Callable

import torch
import transformers

# From the optimizer and the steps planned to the scheduler of its rates, stepped once a step. Another course of the
# rate (ULM-FiT's slanted triangle) is another such function.
Schedule = Callable[[torch.optim.Optimizer, int], torch.optim.lr_scheduler.LRScheduler]


def freeze(net: transformers.PreTrainedModel, last_layers: int | None) -> None:
    """Leave gradients to the top ``last_layers`` layers and whatever lies above them; None leaves all."""
    if last_layers is None:
        return
    first = net.config.num_hidden_layers - last_layers
    for name, parameter in net.base_model.named_parameters():
        layer = layer_of(name)
        parameter.requires_grad_("pooler" in name or (layer is not None and layer >= first))


def layer_of(name: str) -> int | None:
    """The layer, from 0, that a parameter's name speaks of; None for embeddings and heads."""
    found = re.search(r"\blayers?\.(\d+)\.", name)
    return int(found[1]) if found else None


def linear(warmup: float) -> Schedule:
    """BERT's own: up in a straight line over the share ``warmup`` of the steps, then down to 0 in another.

    The very first step has rate 0 where there is a warm-up.
    """
    return lambda optimizer, steps: transformers.get_linear_schedule_with_warmup(optimizer, int(steps * warmup), steps)


def groups(net: torch.nn.Module, decay: float) -> list[dict]:
    """Weight decay for matrices; none for biases and layer norms, as in BERT's own optimizer."""
    trained = [p for p in net.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
