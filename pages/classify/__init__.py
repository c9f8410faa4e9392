"""The parts of the page "Clasificar", one module a step."""
