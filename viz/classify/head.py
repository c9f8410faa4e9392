"""A classification head on an encoder: made, taught, read."""

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
import transformers

from viz.classify.batches import pad, slices, tokenize
from viz.classify.softmax import softmax_layer
from viz.kit.errors import Problem
from viz.model.base import Model

HEAD_STRENGTH = 0.03  # regularisation of a head learnt on the frozen model, C of scikit-learn


def with_head(model: Model, labels: Sequence[str]) -> Model:
    """A copy of the encoder under a new, random classification head, as plain transformers builds it.

    BERT's pooler, between the two, is new as well: the old one learned to see next sentences, and with few texts a new
    one does better (Zhang et al. 2021, "Revisiting few-sample BERT fine-tuning").
    """
    config = copy.deepcopy(model.config)
    config.id2label, config.label2id = dict(enumerate(labels)), {label: n for n, label in enumerate(labels)}
    config.problem_type = "single_label_classification"
    net = transformers.AutoModelForSequenceClassification.from_config(
        config, attn_implementation="eager", dtype=torch.float32
    )
    weights = {name: weight for name, weight in model.encoder.state_dict().items() if "pooler" not in name}
    report = net.base_model.load_state_dict(weights, strict=False)
    if any("pooler" not in name for name in report.missing_keys):
        raise Problem("A «{name}» no se le puede poner una capa de clasificación.", name=model.name)
    return Model(model.name, net.eval(), model.tokenizer)


def probabilities(tuned: Model, texts: Sequence[str], max_tokens: int = 128) -> np.ndarray:
    """What a fine-tuned model says of each text: ``(texts, labels)``, rows sum to 1."""
    found = logits(tuned, tokenize(tuned, texts, max_tokens))
    assert found is not None  # nobody cancels
    return torch.softmax(found, dim=1).numpy()


def logits(
    tuned: Model, ids: Sequence[Sequence[int]], cancel: Callable[[], bool] = lambda: False
) -> torch.Tensor | None:
    """Logits of token rows in the order given, ``(texts, labels)``; None if cancelled on the way."""
    found = read(tuned, ids, cancel)
    return found and found[1]


def read(
    tuned: Model, ids: Sequence[Sequence[int]], cancel: Callable[[], bool] = lambda: False
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """What goes into the head's last layer ``(texts, features)``, and the logits ``(texts, labels)`` that come out.

    In the order given, in eval mode; None if cancelled on the way.
    """
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    vectors, found = [], []
    tuned.net.eval()
    hook = last_layer(tuned).register_forward_pre_hook(lambda _, inputs: vectors.append(inputs[0]))
    try:
        for part in slices(ids, order):
            if cancel():
                return None
            found.append(tuned.forward(pad(tuned, [ids[i] for i in part])).logits)  # (slice, labels)
    finally:
        hook.remove()
    back = torch.tensor(order).argsort()
    return torch.cat(vectors)[back], torch.cat(found)[back]


def last_layer(tuned: Model) -> torch.nn.Linear:
    """The last linear layer with one output a label, whatever this kind of model calls it.

    Raises:
        Problem: there is none.
    """
    for module in reversed(list(tuned.net.modules())):
        if isinstance(module, torch.nn.Linear) and module.out_features == tuned.net.num_labels:
            return module
    raise Problem("A «{name}» no se le puede poner una capa de clasificación.", name=tuned.name)


def teach_head(
    tuned: Model, ids: Sequence[Sequence[int]], labels: Sequence[int], cancel: Callable[[], bool] = lambda: False
) -> None:
    """Fit the last layer to what it receives from the untouched model, one softmax regression; nothing if cancelled."""
    found = read(tuned, ids, cancel)
    if found is None:
        return
    layer, head = softmax_layer(found[0].numpy(), labels, HEAD_STRENGTH), last_layer(tuned)
    weight = torch.tensor(layer.weight / layer.scale)  # (labels, features): the scaling moves into the weights
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(torch.tensor(layer.bias) - weight @ torch.tensor(layer.mean))
