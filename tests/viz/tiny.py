"""Encoders of four architectures, a few thousand random weights each, saved as ordinary folders."""

from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WORDS = [*"abcdefghijklmnopqrstuvwxyzáéíóúñ.,¿?!", "el", "la", "palo", "as", "de", "ese", "gana", "cortó", "un", "seco"]
PIECES = [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyzáéíóúñ"]
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}
DISTIL = {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 64}


def save(kind: str, folder: Path, **changes) -> Path:
    """A random ``kind`` of "bert", "roberta", "distilbert" or "electra", with a masked-word head, in ``folder``.

    Its padding id is 1 for BERT too (as in BETO), and RoBERTa has its own special tokens and byte pieces.
    """
    torch.manual_seed(0)
    tokenizer = roberta_tokenizer() if kind == "roberta" else wordpiece_tokenizer()
    common = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    sizes = (DISTIL if kind == "distilbert" else SIZES) | common | changes
    config, model = {
        "bert": (transformers.BertConfig, transformers.BertForPreTraining),
        "roberta": (transformers.RobertaConfig, transformers.RobertaForMaskedLM),
        "distilbert": (transformers.DistilBertConfig, transformers.DistilBertForMaskedLM),
        "electra": (transformers.ElectraConfig, transformers.ElectraForMaskedLM),
    }[kind]
    if kind == "electra":
        sizes |= {"embedding_size": 16}
    model(config(**sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def wordpiece_tokenizer() -> transformers.PreTrainedTokenizerFast:
    vocabulary = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *PIECES]
    ids = {token: i for i, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )


def roberta_tokenizer() -> transformers.PreTrainedTokenizerFast:
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    ids = {token: i for i, token in enumerate([*specials, *letters, "el", "Ġel", "pa", "lo", "palo", "Ġpalo", "Ġpa"])}
    tokenizer = Tokenizer(
        models.BPE(
            ids,
            [("e", "l"), ("Ġ", "el"), ("p", "a"), ("l", "o"), ("pa", "lo"), ("Ġ", "pa"), ("Ġpa", "lo")],
            unk_token="<unk>",
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<pad>",
        cls_token="<s>",
        sep_token="</s>",
        mask_token="<mask>",
        bos_token="<s>",
        eos_token="</s>",
        model_max_length=62,
    )
