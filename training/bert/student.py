"""The BERT in training: what is hidden of its text, what it is asked, how fast each part learns."""

import math
from collections import defaultdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AutoTokenizer, BertForPreTraining, PreTrainedTokenizerFast

from training.bert.settings import Settings
from training.bert.words import Pieces, TwoVocabularies, number_words, word_means

Special = tuple[int, int, int]  # ids of [CLS], [SEP], [MASK]


def mask_tokens(
    ids: Tensor, rate: float, special: Special, pieces: Pieces, generator: torch.Generator, masks_only: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """BERT's corruption, of whole words: ``(corrupted ids, places, targets)``, places in the flattened ids.

    Words are drawn, the likelier the greater their weight, until ``rate`` of the ordinary tokens are chosen, one word
    at least; of their tokens 80 % become [MASK], 10 % a random token and 10 % stay (Devlin et al. 2019, appendix A.1;
    whole words as in the authors' release of May 2019). With ``masks_only`` all become [MASK], as when measuring.
    """
    cls, sep, mask_id = special
    flat = ids.flatten()  # (tokens,)
    numbers = number_words(ids, pieces.goes_on, (cls, sep)).flatten()
    sizes = torch.bincount(numbers[numbers >= 0])  # (words,)
    weight = torch.empty(len(sizes)).index_copy_(0, numbers[numbers >= 0], pieces.weight[flat[numbers >= 0]])
    weight[sizes > 1] = pieces.content
    # the greatest of weighted exponentials first: a draw without replacement (Efraimidis & Spirakis 2006)
    order = (torch.rand(len(sizes), generator=generator).log() / weight).argsort(descending=True)
    wanted = max(1, round(rate * int(sizes.sum())))
    drawn = order[sizes[order].cumsum(0) - sizes[order] < wanted]
    chosen = torch.zeros(len(sizes) + 1, dtype=torch.bool).index_fill_(0, drawn, True)  # the last: -1, no word
    places = chosen[numbers].nonzero().squeeze(1)  # (chosen,)
    targets = flat[places]
    new = torch.full_like(targets, mask_id)
    if not masks_only:
        dice = torch.rand(len(targets), generator=generator)
        new = torch.where(dice < 0.2, torch.randint(5, len(pieces.weight), targets.shape, generator=generator), new)
        new = torch.where(dice < 0.1, targets, new)
    corrupted = flat.clone()
    corrupted[places] = new
    return corrupted.view_as(ids), places, targets


class Student(torch.nn.Module):
    """The BERT in training and the linear map from its words to the teacher's."""

    def __init__(self, bert: BertForPreTraining):
        super().__init__()
        self.bert = bert
        self.link = torch.nn.Linear(bert.config.hidden_size, bert.config.hidden_size)
        torch.nn.init.eye_(self.link.weight)
        torch.nn.init.zeros_(self.link.bias)


class Teacher:
    """A frozen BERT with a vocabulary of its own, asked what it says of the words of clean text."""

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerFast, device: str = "cpu"):
        self.bert = start(folder).to(device).eval().requires_grad_(False)
        self.translate = TwoVocabularies(tokenizer, AutoTokenizer.from_pretrained(folder))
        self.centre = torch.zeros(self.bert.config.hidden_size, device=device)  # its mean word, which says nothing

    @torch.no_grad()
    def __call__(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Of ``ids`` ``(sequences, tokens)`` the word numbers ``(sequences, tokens)`` and the means of the teacher's
        last states, less the centre, ``(words, hidden)``, fp32."""
        device = self.bert.device
        old, mask, old_numbers, numbers = (tensor.to(device) for tensor in self.translate(ids))
        last = self.bert.bert(input_ids=old, attention_mask=mask).last_hidden_state.float()
        return numbers, word_means(last, old_numbers, int(numbers.max()) + 1) - self.centre


def start(folder: Path, dropout: float = 0.0) -> BertForPreTraining:
    """The model in ``folder``, in fp32."""
    return BertForPreTraining.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation="eager",
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )


def half_precision(device: torch.device) -> torch.autocast:
    """bf16 where the processor computes with it; elsewhere it is emulated, and slower than fp32 by far."""
    able = device.type == "cuda" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)


def freeze(student: Student, layers: int) -> None:
    """Leave the embeddings (so the tied decoder too) and the lowest layers as they are; 0 freezes nothing."""
    if layers:
        student.bert.bert.embeddings.requires_grad_(False)
        student.bert.bert.encoder.layer[:layers].requires_grad_(False)


def groups(student: Student, settings: Settings) -> list[dict]:
    """Optimizer groups: the rate falls from the top layer to the positions; heads and the table of pieces, most of
    whose rows a batch never touches, learn faster; no decay of vectors."""
    layers = student.bert.config.num_hidden_layers
    found = defaultdict(list)
    for name, parameter in student.named_parameters():
        if not parameter.requires_grad:
            continue
        if ".encoder.layer." in name:
            rate = settings.lr * settings.decay ** (layers - 1 - int(name.split(".encoder.layer.")[1].split(".")[0]))
        elif ".embeddings." in name and "word_embeddings" not in name:
            rate = settings.lr * settings.decay**layers
        else:
            rate = settings.head_lr
        found[rate, settings.weight_decay if parameter.ndim > 1 else 0.0].append(parameter)
    return [{"params": p, "lr": rate, "peak": rate, "weight_decay": wd} for (rate, wd), p in found.items()]


def losses(
    student: Student,
    teacher: Teacher | None,
    batch: dict[str, Tensor],
    settings: Settings,
    rate: float,
    special: Special,
    pieces: Pieces,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """``{"mlm": ..., "nsp": ..., "teach": ...}`` of one micro-batch: unweighted scalars; nsp only if it holds pairs."""
    bert = student.bert
    ids, places, targets = mask_tokens(batch["ids"], rate, special, pieces, generator)
    device = bert.device
    with half_precision(device):
        last = bert.bert(input_ids=ids.to(device), token_type_ids=batch["segments"].to(device)).last_hidden_state
        logits = bert.cls.predictions(last.flatten(0, 1)[places.to(device)])  # (chosen, vocabulary)
        found = {"mlm": F.cross_entropy(logits.float(), targets.to(device))}
        if "next" in batch:
            choice = bert.cls.seq_relationship(bert.bert.pooler(last))  # (sequences, 2)
            found["nsp"] = F.cross_entropy(choice.float(), batch["next"].to(device))
        if teacher is not None:
            rows = math.ceil(settings.teach_share * len(ids))
            numbers, target = teacher(batch["ids"][:rows])
            guess = student.link(word_means(last[:rows].float(), numbers, len(target)))  # (words, hidden)
            found["teach"] = 1 - F.cosine_similarity(guess, target, dim=-1).mean()
    return found


def rate_at(progress: float, settings: Settings) -> float:
    """The learning rate at a share of the hours, relative to its peak: linear up, linear down."""
    if progress < settings.warm_up:
        return max(progress, 1e-3) / settings.warm_up
    return max(0.0, (1 - progress) / (1 - settings.warm_up))


def mask_rate(progress: float, settings: Settings) -> float:
    """The share of hidden tokens at a share of the hours: falling in a line, then constant."""
    gone = min(1.0, progress / settings.mask_until) if settings.mask_until else 1.0
    return settings.mask + gone * (settings.mask_end - settings.mask)
