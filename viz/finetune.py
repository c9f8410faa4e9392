"""Where notebooks taken home before version 1 import; it goes in version 2. Now ``viz.classify.finetune``."""

from viz.classify.finetune import *  # noqa: F403
from viz.classify.head import probabilities  # noqa: F401
