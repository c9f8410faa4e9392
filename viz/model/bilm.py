"""ELMo's network: two LSTM language models over word pieces, one from the left, one from the right.

Peters et al. 2018, "Deep contextualized word representations", section 3.1: the table of tokens and the softmax are
shared by both directions, the LSTMs are not; what enters the second layer is added to what it gives (section 3.4). The
paper spells each word with a CNN over its letters. Here a token is a word piece with a row of its own, which is also
its row in the softmax, so that this network reads and says exactly the pieces that our BERT and GPT read and say.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput


class BiLMConfig(PreTrainedConfig):
    """``lstm_size`` numbers a direction; a token's state has both, ``hidden_size``."""

    model_type = "bilm"

    def __init__(
        self,
        vocab_size: int = 32_000,
        lstm_size: int = 384,
        num_hidden_layers: int = 2,
        max_position_embeddings: int = 512,  # an LSTM has no such limit; longer texts are cut like the others'
        dropout: float = 0.0,
        **more,
    ):
        self.vocab_size = vocab_size
        self.lstm_size = lstm_size
        self.num_hidden_layers = num_hidden_layers
        self.max_position_embeddings = max_position_embeddings
        self.dropout = dropout
        self.hidden_size = 2 * lstm_size
        self.num_attention_heads = 0
        super().__init__(**more)


class BiLM(PreTrainedModel):
    """Token ids in, ``(layers + 1)`` states a token out, each ``(batch, tokens, 2 * lstm_size)``: left, then right."""

    config_class = BiLMConfig
    base_model_prefix = "bilm"
    main_input_name = "input_ids"

    def __init__(self, config: BiLMConfig):
        super().__init__(config)
        size = config.lstm_size
        self.table = nn.Embedding(config.vocab_size, size)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

        def layers() -> nn.ModuleList:
            return nn.ModuleList(nn.LSTM(size, size, batch_first=True) for _ in range(config.num_hidden_layers))

        self.from_left, self.from_right = layers(), layers()
        self.dropout = nn.Dropout(config.dropout)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)
        elif isinstance(module, nn.LSTM):
            for name, parameter in module.named_parameters():
                if name.startswith("weight_hh"):
                    for gate in parameter.chunk(4):
                        nn.init.orthogonal_(gate)
                elif name.startswith("weight"):
                    nn.init.xavier_uniform_(parameter)
                else:
                    nn.init.zeros_(parameter)
                    parameter.data[module.hidden_size : 2 * module.hidden_size] = 0.5  # of two: remember at first

    def get_input_embeddings(self) -> nn.Embedding:
        return self.table

    def read(self, lstms: Iterable[nn.Module], x: Tensor) -> list[Tensor]:
        """The states of one direction, each ``(batch, tokens, lstm_size)``, the token's own row first."""
        states = [x]
        for n, lstm in enumerate(lstms):
            out, _ = lstm(self.dropout(states[-1]))
            states.append(out + states[-1] if n else out)
        return states

    def both(self, ids: Tensor, lengths: Tensor | None = None) -> tuple[list[Tensor], list[Tensor]]:
        """States from the left and from the right; rows shorter than the batch are turned round within their length."""
        x = self.table(ids)  # (batch, tokens, lstm_size)
        turn = turned(ids.shape, ids.device, lengths)[..., None].expand_as(x)  # where each token stands from the right
        left = self.read(self.from_left, x)
        right = [state.gather(1, turn) for state in self.read(self.from_right, x.gather(1, turn))]
        return left, right

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None, **_
    ) -> BaseModelOutput:
        lengths = None if attention_mask is None else attention_mask.sum(1)
        states = tuple(torch.cat(pair, -1) for pair in zip(*self.both(input_ids, lengths), strict=True))
        return BaseModelOutput(last_hidden_state=states[-1], hidden_states=states)

    def score(self, states: Tensor) -> Tensor:
        """Logits over the vocabulary, ``(…, vocabulary)``, of one direction's last states ``(…, lstm_size)``."""
        return self.dropout(states) @ self.table.weight.T + self.bias

    def losses(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Mean nats of the next token from the left and from the right, over rows without padding."""
        left, right = self.both(ids)
        ahead = self.score(left[-1][:, :-1]).flatten(0, 1)  # (batch * (tokens - 1), vocabulary)
        back = self.score(right[-1][:, 1:]).flatten(0, 1)
        return F.cross_entropy(ahead, ids[:, 1:].flatten()), F.cross_entropy(back, ids[:, :-1].flatten())


def turned(shape: torch.Size, device: torch.device, lengths: Tensor | None) -> Tensor:
    """For each place the one as far from the other end of its row, padding left where it is: ``(batch, tokens)``."""
    at = torch.arange(shape[1], device=device).expand(shape)
    if lengths is None:
        return at.flip(1)
    lengths = lengths[:, None]
    return torch.where(at < lengths, lengths - 1 - at, at)
