"""Classification: features and softmax, then fine-tuning.

Read in this order: ``datasets``, ``states`` and ``vectors`` (texts become numbers), ``softmax`` and ``scores`` (a layer
on frozen vectors, measured), ``head``, ``schedule``, ``batches`` and ``finetune`` (the whole network learns),
``classifier`` (either, asked for a label), ``explain``, ``export``, ``figures``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
