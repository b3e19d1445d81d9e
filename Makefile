# Two commands do everything from a clean clone: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SOURCES := bengrn scprint_model methods datasets tools tests

.PHONY: demo test gate lint benchmark board clean

$(VENV)/ready: pyproject.toml constraints.txt
	@echo "==> installing into $(VENV) (a few minutes the first time)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt -e ".[all,dev]"
	$(BIN)/pip install --quiet -c constraints.txt --no-deps -e tests/third_party
	@touch $@

demo: $(VENV)/ready ## run the main job on the embedded data
	@echo "==> GENIE3 grows 1,000 trees for each of 1,000 genes: 3 to 8 minutes on 2 cores"
	$(BIN)/bengrn run --method genie3 --method pearson --method random --method truth --truth omnipath
	$(BIN)/bengrn report
	@echo "==> the program is $(BIN)/bengrn; 'source $(BIN)/activate' puts it on the path"

test: $(VENV)/ready lint gate ## pass the tests, those of a separately packaged plug-in included
	$(BIN)/pytest -n auto
	$(BIN)/pytest tests/third_party/test_mutual_rank.py

gate: $(VENV)/ready ## run all controls on the embedded data; fail where a column cannot be read
	$(BIN)/bengrn run --method pearson --controls --truth omnipath --out $(VENV)/gate
	$(BIN)/bengrn report --require-controls --out $(VENV)/gate

lint: $(VENV)/ready
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

METHODS := deepsem genie3 arboreto grnboost2 mutual-information mutual-information:clr mutual-information:aracne \
  pearson spearman pidc ppcor regdiffusion genie3-shared
BOARD := $(BIN)/bengrn run $(METHODS:%=-m %) --controls --out reports/board

board: $(VENV)/ready ## all methods on the embedded data and on embryonic stem cells (fetched): half an hour
	$(BOARD) -m scprint -m scprint:untrained --truth omnipath # its model knows human genes alone
	$(BOARD) --truth mccalla-mouse-full --data mccalla-semrau
	$(BIN)/bengrn report --out reports/board

benchmark: $(VENV)/ready ## measure speed and memory against the peers
	$(BIN)/pytest tests/benchmarks --benchmark-only -m "" -n 0 --override-ini addopts="--import-mode=importlib"

clean:
	rm -rf $(VENV)
