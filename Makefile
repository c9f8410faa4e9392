PYTHON ?= python3
PORT ?= 8501
BIN = .venv/bin

.PHONY: run test lint docs bench mutants clean

run: .venv/run
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile viz tests --ignore tests/browser
	$(BIN)/python -m pytest tests/browser

.venv/run: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

docs: .venv/dev
	$(BIN)/mkdocs build --strict

bench: .venv/dev
	$(BIN)/python -m benchmarks.app

# make mutants MODULES="viz/context/senses.py viz/classify/scores.py" SECONDS=300
MODULES ?= viz/context/senses.py viz/context/study.py viz/classify/finetune.py viz/classify/scores.py
SECONDS ?= 600

mutants: .venv/dev
	$(BIN)/python -m benchmarks.mutants --modules $(MODULES) --seconds $(SECONDS)

clean:
	rm -rf .venv
