"""Where notebooks taken home before version 1 import; it goes in version 2. Now ``viz.classify.datasets``."""

from viz.classify.datasets import *  # noqa: F403
from viz.classify.own_texts import *  # noqa: F403
from viz.kit.encodings import decode as decode
