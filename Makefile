# Everything runs in a virtual environment made here from the pinned constraints.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: study test format model benchmark notebooks clean

study: .venv/installed  ## Run the study on the packaged sample and write its report
	$(BIN)/metier study studies/sample.toml

test: .venv/installed-dev  ## Lint, types, layers and tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

format: .venv/installed-dev  ## Bring the code into form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

model: .venv/installed-dev  ## Train the model that ships with metier, from data of this project and its packages
	$(BIN)/metier study studies/open.toml
	$(BIN)/python data/occupations.py runs/occupations.csv
	rm -rf runs/open-model
	$(BIN)/metier export runs/open --out runs/open-model --titles data/written-titles.csv --titles runs/occupations.csv \
	  --generated 10000 --shared --layers 6 --trim --least 2 --buckets 65536
	rm -rf src/metier/models/open
	mkdir -p src/metier/models
	cp -r runs/open-model src/metier/models/open
	$(BIN)/metier card src/metier/models/open --name open --titles benchmarks/accuracy/clean-titles.csv --seen data/written-titles.csv --seen runs/occupations.csv --data data/README.md \
	  $(if $(METIER_BENCHMARK_DATA),--cvs $(METIER_BENCHMARK_DATA)/linkedin-cvs-development.json)

benchmark: .venv/installed-dev  ## Studies on METIER_BENCHMARK_DATA, and the speed of training and predicting
	$(BIN)/metier study studies/all-methods.toml
	$(BIN)/python benchmarks/figures.py runs/all-methods benchmarks/all-methods.md --reference
	$(BIN)/metier study studies/cv-benchmark.toml
	$(BIN)/python benchmarks/figures.py runs/cv-benchmark benchmarks/cv-benchmark.md
	$(BIN)/python benchmarks/training_speed.py
	$(BIN)/metier study studies/ingredients.toml
	$(BIN)/python benchmarks/figures.py runs/ingredients benchmarks/accuracy/ingredients.md
	$(BIN)/metier study studies/best.toml
	$(BIN)/python benchmarks/figures.py runs/best benchmarks/accuracy/best.md
	$(BIN)/metier study studies/open.toml
	$(BIN)/python data/occupations.py runs/occupations.csv
	$(BIN)/python benchmarks/accuracy/accuracy.py rules runs/best runs/open open open:fast open:cascade
	$(BIN)/metier study studies/tiers.toml
	rm -rf runs/tiers-exported
	$(BIN)/metier export runs/tiers --out runs/tiers-exported --titles $(METIER_BENCHMARK_DATA)/linkedin-cvs-not-annotated.json
	$(BIN)/python benchmarks/speed/tiers.py runs/tiers-exported runs/tiers
	$(BIN)/python benchmarks/speed/growth.py --model runs/tiers-exported --tier fast
	$(BIN)/python benchmarks/distinct_titles.py

notebooks: .venv/installed-dev  ## Execute both notebooks into runs/
	mkdir -p runs/notebooks
	$(BIN)/jupyter execute --output ../runs/notebooks/seniority.ipynb notebooks/seniority.ipynb
	$(BIN)/jupyter execute --output ../runs/notebooks/department.ipynb notebooks/department.ipynb

clean:
	rm -rf .venv runs

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[train,offline]'
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -r requirements-dev.txt -e '.[train,offline,llm,cluster]'
	touch $@
