"""Which layers does a task want? A softmax over layers, learned together with a linear classifier.

γ · Σ s_j h_j, with s the softmax of one free number a layer (Peters et al. 2018, equation 1). The paper of BERT
takes such sums over its own layers (Devlin et al. 2019, Table 7).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

STEPS = 100
Group = tuple[np.ndarray, Sequence[object]]  # states (items, layers, hidden) and their labels


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """``weights`` ``(layers,)`` sum to 1; ``gamma`` scales the sum; ``losses`` ``(steps,)`` cross-entropy, in nats."""

    weights: np.ndarray
    gamma: float
    losses: np.ndarray


def learn(groups: Sequence[Group], *, steps: int = STEPS, seed: int = 0) -> LayerWeights:
    """Learn one set of layer weights for one or more classification tasks.

    Each group has a linear softmax classifier of its own (the senses of "palo" are not those of "banco"); the
    weights and γ are shared. All start neutral (equal weights, γ = 1) and follow Adam on all items at once, with the
    L2 penalty that keeps ELMo's weights from running away; a thousand items take a second or two.

    Args:
        groups: states ``(items, layers, hidden)`` and a label an item. Only the layers that are given get weights.
    """
    names = {key: n for n, key in enumerate(dict.fromkeys((g, x) for g, (_, ys) in enumerate(groups) for x in ys))}
    target = torch.tensor([names[g, x] for g, (_, labels) in enumerate(groups) for x in labels])  # (items,)
    owner = torch.tensor([g for g, _ in names])  # (classes,): a class competes within its group alone
    foreign = owner[target][:, None] != owner[None, :]  # (items, classes)
    # Less the group's mean, per layer: its classifier's bias would take that away anyway.
    apart = np.concatenate([states - states.mean(axis=0) for states, _ in groups]).astype(np.float32)
    states = torch.from_numpy(apart / np.sqrt(np.square(apart).mean()))  # (items, layers, hidden)

    generator = torch.Generator().manual_seed(seed)
    head = torch.empty(states.shape[-1], len(names)).normal_(0, 0.02, generator=generator).requires_grad_()
    bias = torch.zeros(len(names), requires_grad=True)
    free = torch.zeros(states.shape[1], requires_grad=True)  # (layers,)
    gamma = torch.ones((), requires_grad=True)
    optimiser = torch.optim.Adam(
        [{"params": [head, bias], "lr": 0.01}, {"params": [free, gamma], "lr": 0.05}], weight_decay=0.01
    )
    losses = []
    for _ in range(steps):
        mixed = gamma * torch.einsum("ilh,l->ih", states, free.softmax(0))  # (items, hidden)
        logits = (mixed @ head + bias).masked_fill(foreign, -torch.inf)  # (items, classes)
        loss = torch.nn.functional.cross_entropy(logits, target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return LayerWeights(free.softmax(0).detach().numpy(), gamma.item(), np.array(losses))
