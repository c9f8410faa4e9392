"""The BERT in training: what is masked, what it is asked, how fast each part learns."""

import math
from collections import defaultdict

import torch
import torch.nn.functional as F
from transformers import BertForPreTraining


def mask_tokens(ids, rate, special, vocabulary, generator, words_only=False):
    """BERT's corruption: `(corrupted ids, places, targets)`, places being indices into the flattened ids.

    `rate` of the ordinary tokens are chosen, at least one; of them 80 % become [MASK], 10 % a random token and 10 %
    stay (Devlin et al. 2019, appendix A.1). With `words_only` all chosen ones become [MASK], as when measuring.
    """
    cls, sep, mask_id = special
    flat = ids.flatten()                                                                # (tokens,)
    ordinary = ((flat != cls) & (flat != sep)).nonzero().squeeze(1)
    count = max(1, round(rate * len(ordinary)))
    places = ordinary[torch.randperm(len(ordinary), generator=generator)[:count]]       # (chosen,)
    targets = flat[places]
    new = torch.full_like(targets, mask_id)
    if not words_only:
        dice = torch.rand(count, generator=generator)
        new = torch.where(dice < 0.2, torch.randint(5, vocabulary, (count,), generator=generator), new)
        new = torch.where(dice < 0.1, targets, new)
    corrupted = flat.clone()
    corrupted[places] = new
    return corrupted.view_as(ids), places, targets


class Student(torch.nn.Module):
    """The BERT in training and the linear map from its hidden state to the teacher's."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert
        self.link = torch.nn.Linear(bert.config.hidden_size, bert.config.hidden_size)
        torch.nn.init.eye_(self.link.weight)
        torch.nn.init.zeros_(self.link.bias)

    def forward(self, ids, segments, layer=-1):
        """`(last hidden state, hidden state of `layer`)`, both `(sequences, tokens, hidden)`."""
        output = self.bert.bert(input_ids=ids, token_type_ids=segments, output_hidden_states=layer != -1)
        last = output.last_hidden_state
        return last, last if layer == -1 else output.hidden_states[layer]


def start(folder, dropout=0.0):
    """The model in `folder`, in fp32."""
    return BertForPreTraining.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                              hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)


def half_precision(device):
    """bf16 where the processor computes with it; elsewhere it is emulated, and slower than fp32 by far."""
    able = device.type == "cuda" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)


def freeze(student, layers):
    """Leave the embeddings (so the tied decoder too) and the lowest layers as they are; 0 freezes nothing."""
    if layers:
        student.bert.bert.embeddings.requires_grad_(False)
        student.bert.bert.encoder.layer[:layers].requires_grad_(False)


def groups(student, settings):
    """Optimizer groups: the rate falls from the top layer to the embeddings; heads learn faster; no decay of 1-D."""
    layers = student.bert.config.num_hidden_layers
    found = defaultdict(list)
    for name, parameter in student.named_parameters():
        if not parameter.requires_grad:
            continue
        if ".encoder.layer." in name:
            rate = settings.lr * settings.decay ** (layers - 1 - int(name.split(".encoder.layer.")[1].split(".")[0]))
        elif ".embeddings." in name:
            rate = settings.lr * settings.decay ** layers
        else:
            rate = settings.head_lr
        found[rate, settings.weight_decay if parameter.ndim > 1 else 0.0].append(parameter)
    return [{"params": p, "lr": rate, "peak": rate, "weight_decay": wd} for (rate, wd), p in found.items()]


def losses(student, teacher, centre, batch, settings, rate, special, generator):
    """`{"mlm": ..., "nsp": ..., "teach": ...}` of one micro-batch: unweighted scalars; nsp only if it holds pairs."""
    bert = student.bert
    vocabulary = bert.config.vocab_size
    ids, places, targets = mask_tokens(batch["ids"], rate, special, vocabulary, generator)
    device = next(bert.parameters()).device
    with half_precision(device):
        last, learned = student(ids.to(device), batch["segments"].to(device), settings.learn_layer)
        chosen = last.flatten(0, 1)[places.to(device)]                                  # (chosen, hidden)
        logits = bert.cls.predictions(chosen)                                           # (chosen, vocabulary)
        found = {"mlm": F.cross_entropy(logits.float(), targets.to(device))}
        if "next" in batch:
            choice = bert.cls.seq_relationship(bert.bert.pooler(last))                  # (sequences, 2)
            found["nsp"] = F.cross_entropy(choice.float(), batch["next"].to(device))
        if teacher is not None:
            rows = math.ceil(settings.teach_share * len(ids))
            with torch.no_grad():
                target = teacher_state(teacher, batch["ids"][:rows], batch["segments"][:rows], settings) - centre
            guess = student.link(learned[:rows])                                        # (rows, tokens, hidden)
            found["teach"] = 1 - F.cosine_similarity(guess.float(), target, dim=-1).mean()
    return found


def teacher_state(teacher, ids, segments, settings):
    """What the frozen E5 says of clean text: `(sequences, tokens, hidden)`, fp32."""
    device = next(teacher.parameters()).device
    output = teacher.bert(input_ids=ids.to(device), token_type_ids=torch.zeros_like(segments).to(device),
                          output_hidden_states=settings.teach_layer != -1)
    if settings.teach_layer == -1:
        return output.last_hidden_state.float()
    return output.hidden_states[settings.teach_layer].float()


def rate_at(progress, settings):
    """The learning rate at a share of the hours, relative to its peak: linear up, linear down."""
    if progress < settings.warm_up:
        return max(progress, 1e-3) / settings.warm_up
    return max(0.0, (1 - progress) / (1 - settings.warm_up))
