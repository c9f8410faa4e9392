"""A folder of files: what its weights can do, and a sentence for whatever is broken in it."""

import json
import random
import shutil
import struct

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from tests.viz import tiny
from viz.kit.errors import Problem
from viz.load import load_model


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return tiny.save("bert", tmp_path_factory.mktemp("whole") / "bert")


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "roto")


def change(path, **values):
    read = json.loads(path.read_text())
    for key, value in values.items():
        if value is None:
            read.pop(key, None)
        else:
            read[key] = value
    path.write_text(json.dumps(read))


def keep(folder, wanted):
    path = folder / "model.safetensors"
    save_file({k: v for k, v in load_file(path).items() if wanted(k)}, path, {"format": "pt"})


@pytest.mark.parametrize("said", [["BertForPreTraining"], ["BertForMaskedLM"], ["BertModel"], ["Nada"], None])
def test_abilities_are_those_of_the_weights_whatever_the_config_says(folder, said):
    change(folder / "config.json", architectures=said)
    model = load_model(folder)
    assert model.abilities == {"mlm", "nsp"}
    assert model.fill_mask("el [MASK] seco") and 0 < model.next_sentence("el palo", "gana") < 1
    keep(folder, lambda key: "seq_relationship" not in key)
    assert load_model(folder).abilities == {"mlm"}
    keep(folder, lambda key: not key.startswith("cls."))
    assert load_model(folder).abilities == set()


def test_a_next_sentence_layer_alone_and_one_without_its_pooler(folder, tmp_path):
    keep(folder, lambda key: "cls.predictions" not in key)
    assert load_model(folder).abilities == {"nsp"}
    keep(folder, lambda key: "pooler" not in key)
    assert load_model(folder).abilities == set()


def test_bare_encoder_has_no_abilities(folder):
    weights = load_file(folder / "model.safetensors")
    bare = {k.removeprefix("bert."): v for k, v in weights.items() if k.startswith("bert.")}
    save_file(bare, folder / "model.safetensors", {"format": "pt"})
    assert load_model(folder).abilities == set()


def test_sentence_order_is_not_next_sentence(tmp_path):
    tokenizer = tiny.wordpiece_tokenizer()
    config = transformers.AlbertConfig(vocab_size=len(tokenizer), embedding_size=16, **tiny.SIZES)
    transformers.AlbertForPreTraining(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert load_model(tmp_path).abilities == {"mlm"}


def test_weights_that_a_layer_lacks_are_not_made_up(folder):
    keep(folder, lambda key: "layer.1.attention.self.query" not in key)
    with pytest.raises(Problem, match=r"roto.*faltan pesos"):
        load_model(folder)


def test_numbers_that_are_none(folder):
    weights = load_file(folder / "model.safetensors")
    weights["bert.embeddings.word_embeddings.weight"][7, 3] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(Problem, match=r"roto.*NaN"):
        load_model(folder)


def test_a_tokenizer_with_more_pieces_than_the_table(folder):
    read = json.loads((folder / "tokenizer.json").read_text())
    read["model"]["vocab"]["nuevo"] = len(read["model"]["vocab"])
    (folder / "tokenizer.json").write_text(json.dumps(read))
    with pytest.raises(Problem, match=r"roto.*vectores"):
        load_model(folder)


def test_the_probe_is_not_counted(whole):
    model = load_model(whole)
    assert model.forwards == 0 and not model.lacks
    model.encode("el palo")
    assert model.forwards == 1


WRONG = ["x", "", -1, 0, 1.5, None, True, [], {}, [1], {"a": 1}, 10**6, 10**12]


def breaks(seed):
    """A way to spoil a folder, by seed."""
    rng = random.Random(seed)

    def value(folder, name):
        read = json.loads((folder / name).read_text())
        read[rng.choice(sorted(read))] = rng.choice(WRONG)
        (folder / name).write_text(json.dumps(read))

    def deep(folder, name="tokenizer.json"):
        read = json.loads((folder / name).read_text())
        part = read[rng.choice(["model", "post_processor", "normalizer", "pre_tokenizer", "decoder"])]
        part[rng.choice(sorted(part))] = rng.choice(WRONG)
        (folder / name).write_text(json.dumps(read))

    def cut(folder, name):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: rng.randrange(len(data))])

    def noise(folder, name):
        data = bytearray((folder / name).read_bytes())
        at = rng.randrange(min(len(data), 4000))
        data[at : at + 8] = rng.randbytes(8)
        (folder / name).write_bytes(bytes(data))

    def replaced(folder, name):
        (folder / name).write_bytes(
            rng.choice([b"", b"[]", b"null", b"{", b"3", b"\xff\xfe", b'{"a": 1}', b"[" * 100_000, b'"\\ud800"'])
        )

    def header(folder, name="model.safetensors"):
        data = (folder / name).read_bytes()
        length = rng.choice([0, 1, 2**40, 2**63, len(data)])
        (folder / name).write_bytes(struct.pack("<Q", length) + data[8:])

    def index(folder, name="model.safetensors"):
        (folder / name).rename(folder / "model-00001-of-00002.safetensors")
        told = rng.choice([{}, {"weight_map": 3}, {"weight_map": {"bert.x": "model-00002-of-00002.safetensors"}}, []])
        (folder / "model.safetensors.index.json").write_text(json.dumps(told))

    def renamed(folder, name="model.safetensors"):
        weights = load_file(folder / name)
        key = rng.choice(sorted(weights))
        tensor = weights.pop(key)
        weights[rng.choice([f"otro.{key}", key])] = rng.choice([tensor, tensor[:1].clone(), tensor.to(torch.int32)])
        save_file(weights, folder / name, {"format": "pt"})

    def gone(folder, name):
        (folder / name).unlink()

    files = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
    spoil = [value, value, deep, deep, cut, noise, noise, replaced, header, index, renamed, renamed, gone][seed % 13]
    names = files[:3] if spoil is value else files
    return (lambda folder: spoil(folder, rng.choice(names))) if spoil not in (deep, header, index, renamed) else spoil


@pytest.mark.parametrize("part", range(10))
def test_a_spoiled_folder_opens_or_is_a_sentence_that_names_it(folder, whole, part):
    for seed in range(16 * part, 16 * part + 16):
        for path in folder.iterdir():
            path.unlink()
        shutil.copytree(whole, folder, dirs_exist_ok=True)
        breaks(seed)(folder)
        try:
            model = load_model(folder)
        except Problem as problem:
            assert "roto" in str(problem), seed
            continue
        for encoding in model.encode(["El palo seco.", ("un as", "gana")], attentions=False):
            assert encoding.hidden_states.shape[1] == len(encoding.ids), seed


def test_a_folder_of_another_shape(folder):
    (folder / "config.json").write_text("[1, 2]")
    with pytest.raises(Problem, match=r"config\.json de «roto»"):
        load_model(folder)
