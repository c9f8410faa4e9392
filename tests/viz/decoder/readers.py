"""A GPT and an ELMo of a few thousand random weights, saved as ordinary folders."""

import torch
from transformers import BertConfig, BertLMHeadModel

from tests.viz.tiny import SIZES, wordpiece_tokenizer
from viz.load import open_elmo, open_gpt
from viz.model.bilm import BiLM, BiLMConfig


def save_gpt(folder):
    torch.manual_seed(1)
    tokenizer = wordpiece_tokenizer()
    config = BertConfig(**SIZES, vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, is_decoder=True)
    BertLMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_elmo(folder):
    torch.manual_seed(2)
    tokenizer = wordpiece_tokenizer()
    BiLM(BiLMConfig(len(tokenizer), 16, pad_token_id=tokenizer.pad_token_id)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_gpt(folder):
    return open_gpt(save_gpt(folder), "tiny-gpt")


def tiny_elmo(folder):
    return open_elmo(save_elmo(folder), "tiny-elmo")
