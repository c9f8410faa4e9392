"""Which models are encoders that the laboratory can open."""

from viz.kit.errors import Problem


def check_encoder(config: dict, name: str) -> None:
    """Refuse what is not a bidirectional encoder of a kind that transformers itself implements.

    Raises:
        Problem: a decoder, an encoder-decoder, not a text model, or one that needs code of its own.
    """
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    kind = config.get("model_type", "?")
    if config.get("is_decoder") or config.get("is_encoder_decoder") or kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        raise Problem(
            "«{id}» (tipo {kind}) no es un codificador como BERT: aquí valen BERT, RoBERTa, DistilBERT, ELECTRA, XLM-R "
            "y sus parientes.",
            id=name,
            kind=kind,
        )
