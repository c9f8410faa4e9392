"""The sections of the page "Palabras ocultas", one module each."""
