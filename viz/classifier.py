"""Where notebooks taken home before version 1 import; it goes in version 2. Now ``viz.classify.classifier``."""

from viz.classify.classifier import *  # noqa: F403
