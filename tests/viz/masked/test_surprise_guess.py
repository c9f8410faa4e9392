"""What the model would have written first in the place of a word: of a word of several pieces, its first piece."""

import pytest
import torch

from viz.masked.surprise import surprise


@pytest.mark.parametrize("text", ["El ornitorrinco nada de espaldas.", "Vimos murciélagos y luciérnagas anoche."])
def test_the_guess_is_the_best_first_piece_with_the_whole_word_hidden(bert, text):
    """By hand: every piece of the word under a mask, one plain pass, the best entry at the first mask."""
    read = bert.tokenizer(text, return_offsets_mapping=True)
    pieces_of_several = 0
    for found in surprise(bert, text):
        places = range(found.word.first, found.word.last)
        hidden = [bert.tokenizer.mask_token_id if i in places else token for i, token in enumerate(read["input_ids"])]
        with torch.no_grad():
            out = bert.net(torch.tensor([hidden]))
        logits = out.prediction_logits if hasattr(out, "prediction_logits") else out.logits  # (1, tokens, vocabulary)
        best = [bert.tokenizer.decode([int(logits[0, i].argmax())]).strip() for i in places]
        assert found.guess == best[0], found.word.text
        pieces_of_several += len(places) > 1 and best[0] != best[-1]
    assert pieces_of_several  # else the first piece and the last could not be told apart
