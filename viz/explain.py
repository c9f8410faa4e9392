"""Where notebooks taken home before version 1 import; it goes in version 2. Now ``viz.classify.explain``."""

from viz.classify.explain import *  # noqa: F403
