"""The one exception whose text is meant for the person at the screen."""


class Problem(ValueError):
    """Something the user gave cannot be used; the message says what and what is allowed.

    The template is Spanish, the source language, and doubles as the gettext message id, so that a page can show
    it translated: ``t(problem.template, **problem.values)``. ``str(problem)`` is the Spanish sentence.

    >>> str(Problem("«{word}» no está en el vocabulario.", word="xyz"))
    '«xyz» no está en el vocabulario.'
    """

    def __init__(self, template: str, **values: object):
        self.template = template
        self.values = values
        super().__init__(template.format(**values))
