from .scores import Score, difference, measure, nearest, neighbour_agreement, threshold_table
from .softmax import Fit, Softmax, fit, learning_curve, softmax_layer, untaught_map
from .states import POOLINGS, TextStates
from .vectors import bert_features, glove_features, tfidf_features

__all__ = [
    "POOLINGS",
    "Fit",
    "Score",
    "Softmax",
    "TextStates",
    "bert_features",
    "difference",
    "fit",
    "glove_features",
    "learning_curve",
    "measure",
    "nearest",
    "neighbour_agreement",
    "softmax_layer",
    "tfidf_features",
    "threshold_table",
    "untaught_map",
]
