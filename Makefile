# The notebooks in order, each run by papermill into build/<profile>/ when something it uses changed.

PROFILE ?= report
BASE_PYTHON ?= python3

# PYTHON=... names an interpreter that has the packages already (a conda environment, say).
ifdef PYTHON
SETUP :=
else
PYTHON := .venv/bin/python
SETUP := .venv/installed
endif

BUILD := build/$(PROFILE)
DATA := data/$(PROFILE)
# Two trainings at a time, one thread each, use two cores better than one after the other.
JOBS ?= 2

export TF_CPP_MIN_LOG_LEVEL := 3

.DELETE_ON_ERROR:
.SECONDARY:
# The longest first.
TRAININGS := $(BUILD)/03_train_creneau.ipynb $(BUILD)/02_train_sinus.ipynb

.PHONY: all report schemes quick verify compare test nbval lint torture reproducible browser lab explore \
	html notebooks data train stored readme bench leaderboard setup lock clean help

##@ Results
all: $(SETUP) ## the report's figures and tables, at the report's sizes (figures/report)
	@$(PYTHON) docs/expected.py begin report $(JOBS) notebooks
	@$(MAKE) --no-print-directory -j$(JOBS) notebooks PROFILE=report
	@echo "done: figures and tables are in figures/report, notebooks with their outputs in build/report"

quick: $(SETUP) ## the same pipeline at small sizes in 5 to 10 minutes (figures/quick)
	@$(PYTHON) docs/expected.py begin quick $(JOBS) notebooks
	@$(MAKE) --no-print-directory -j$(JOBS) notebooks PROFILE=quick
	@echo "done: figures and tables are in figures/quick, notebooks with their outputs in build/quick"

report: $(SETUP) ## the report's own part alone: figures 2 to 20, and its claims (figures/report)
	@$(PYTHON) docs/expected.py begin report $(JOBS) build/report/04_compare_moments.ipynb
	@$(MAKE) --no-print-directory -j$(JOBS) build/report/04_compare_moments.ipynb PROFILE=report
	@echo "done: figures and tables are in figures/report, notebooks with their outputs in build/report"

schemes: $(SETUP) ## the same part on the second-order scheme, beside it (benchmarks/schemes*.csv)
	@$(MAKE) --no-print-directory -j$(JOBS) build/report_muscl/04_compare_moments.ipynb PROFILE=report_muscl
	@$(PYTHON) benchmarks/schemes.py

verify: $(SETUP) ## whether figures/report is what the present code made, and what is not
	@$(PYTHON) docs/provenance.py verify

compare: $(SETUP) ## how far the tables of another run, OTHER=its figures/report, are from these
	@$(PYTHON) docs/compare.py $(OTHER)

HOURS ?= 6
leaderboard: $(SETUP) ## train and judge the entrants that leaderboard/results.csv lacks (HOURS=6)
	$(PYTHON) -m burgers leaderboard --workers $(JOBS) --hours $(HOURS)

##@ Checks
# Of two processes side by side each has a core: more threads would only wait for each other.
test: export TF_NUM_INTRAOP_THREADS := 1
test: export TF_NUM_INTEROP_THREADS := 1
test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
test: $(SETUP) lint browser ## lint, unit tests, and the stored notebooks run again and compared
	$(PYTHON) -m pytest --numprocesses=$(JOBS) --dist=loadscope --nbval-lax notebooks tests

nbval: $(SETUP) ## the stored notebooks alone, run again and compared
	$(PYTHON) -m pytest --nbval-lax notebooks

lint: $(SETUP) ## the style of code and notebooks, and the type hints
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

KILLS ?= 20
torture: $(SETUP) ## 10,000 inputs, damaged files, and 20 kills of `make quick` (KILLS=20): hours
	$(PYTHON) -m pytest tests/test_inputs.py --hypothesis-profile=torture --hypothesis-seed=0
	$(PYTHON) -m pytest tests/test_damage.py
	$(PYTHON) tests/torture.py --kills $(KILLS)

reproducible: $(SETUP) ## `make quick` again, and as other processors would: how far apart
	$(PYTHON) tests/reproducibility.py

browser: ## install what the tests in a browser need, where apt-get can
	@if command -v chromium && command -v chromedriver; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get; then \
		{ apt-get update -qq && apt-get install -qq -y chromium chromium-driver; } \
			|| echo "not installed: chromium"; \
	else echo "no chromium, and no apt-get as root: the tests in a browser will be skipped"; fi

##@ To look at
lab: $(SETUP) ## open the notebooks in JupyterLab
	$(PYTHON) -m jupyter lab notebooks

PORT ?= 8866
VOILA_OPTIONS ?=
explore: $(SETUP) ## the density under your sliders, as a page on localhost (VOILA_OPTIONS=--no-browser)
	@$(PYTHON) -m burgers.explore
	$(PYTHON) -m voila notebooks/explore.ipynb --theme=light --port=$(PORT) $(VOILA_OPTIONS)

html: $(SETUP) ## one static site of README, gallery, claims, tables, notebooks and API
	@$(PYTHON) docs/assemble.py build/site/source
	@$(PYTHON) -m sphinx -W --keep-going -q -b html build/site/source build/site/html
	@echo "open build/site/html/index.html"

##@ Steps of `make all`, of PROFILE=report, quick, report_muscl or quick_muscl
notebooks: ## every notebook for which something that it uses has changed
notebooks: $(addprefix $(BUILD)/, 05_verify_solver.ipynb 06_sharpen_law.ipynb 07_reduced_model.ipynb \
	08_published.ipynb 09_leaderboard.ipynb 10_inference.ipynb)
data: $(BUILD)/01_generate.ipynb ## the ensembles
train: $(TRAININGS) ## the report's auto-encoders

# A notebook is run again when it, a room that it uses or a notebook before it changed.
room = $(wildcard burgers/$(1)/*.py)
# The number of a release changes no result.
GROUND := $(filter-out burgers/_version.py, $(wildcard burgers/*.py)) $(call room,problems)
ENSEMBLES := $(call room,ensembles) $(call room,solver)
EXACT := $(call room,exact)
JUDGED := $(call room,metrics) $(call room,plots) burgers/plots/style.mplstyle
MODELS := $(call room,models)
study = $(patsubst %,burgers/studies/%.py,$(1))
$(BUILD)/01_generate.ipynb: $(GROUND) $(ENSEMBLES)
$(TRAININGS): $(MODELS) $(BUILD)/01_generate.ipynb
$(TRAININGS): export TF_NUM_INTRAOP_THREADS := 1
$(TRAININGS): export TF_NUM_INTEROP_THREADS := 1
$(BUILD)/04_compare_moments.ipynb: $(EXACT) $(JUDGED) $(TRAININGS) $(call study,claims generative)
$(BUILD)/05_verify_solver.ipynb: $(BUILD)/04_compare_moments.ipynb $(call study,verification)
$(BUILD)/06_sharpen_law.ipynb: $(EXACT) $(JUDGED) $(TRAININGS) \
	$(call study,generative generative_data generative_scores generative_neighbours)
$(BUILD)/07_reduced_model.ipynb: $(GROUND) $(ENSEMBLES) $(EXACT) $(JUDGED) $(MODELS) \
	$(call study,forecasting forecast_errors dressing later_start cost multilevel levels)
$(BUILD)/08_published.ipynb: $(GROUND) $(EXACT) $(call room,solver) $(JUDGED) \
	$(call study,published audit documented_schemes documented_upwind _documented) benchmarks/published_files.csv
$(BUILD)/09_leaderboard.ipynb: $(GROUND) $(ENSEMBLES) $(EXACT) $(JUDGED) $(MODELS) \
	$(call study,judging results ranking leaderboard board board_data board_entrants) \
	leaderboard/results.csv
$(BUILD)/10_inference.ipynb: $(BUILD)/06_sharpen_law.ipynb $(BUILD)/07_reduced_model.ipynb \
	$(call study,inference inference_scores inference_densities inference_solutions inference_shown)
# They use no other notebook's results: these two wait for the first, so that the long trainings
# begin before them, and the next, which uses both cores, for all of the others.
$(BUILD)/08_published.ipynb $(BUILD)/09_leaderboard.ipynb: | $(BUILD)/01_generate.ipynb
$(BUILD)/07_reduced_model.ipynb: | $(BUILD)/05_verify_solver.ipynb $(BUILD)/06_sharpen_law.ipynb

$(BUILD)/%.ipynb: notebooks/%.ipynb | $(SETUP)
	@mkdir -p $(@D)
	@$(PYTHON) docs/expected.py left $(PROFILE) $(JOBS) $* $(firstword $(MAKECMDGOALS)) \
		|| echo "$(PROFILE): $*"
	@start=$$(date +%s) && state=$$($(PYTHON) docs/provenance.py state $(PROFILE) $*) \
		&& $(PYTHON) -m papermill --log-output --no-progress-bar --log-level WARNING \
		-p profile $(PROFILE) $< $@.part.ipynb && mv $@.part.ipynb $@ \
		&& $(PYTHON) docs/provenance.py record $(PROFILE) $* $$(($$(date +%s) - start)) $$state

##@ Upkeep
stored: $(SETUP) ## run the notebooks at the quick profile and store their outputs in place
	CI=1 $(PYTHON) -m jupyter nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False \
		notebooks/*.ipynb

readme: $(SETUP) ## fill the tables of README and docs from figures/report and benchmarks
	@$(PYTHON) docs/readme.py

bench: $(SETUP) ## the solver beside its peers, its cost, and the time of a training (benchmarks/*.csv)
	@for peers in "jax exponax" clawpack; do $(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--constraint benchmarks/requirements.txt $$peers || echo "not installed: $$peers"; done
	$(PYTHON) benchmarks/solver.py
	$(PYTHON) benchmarks/bounds.py
	$(PYTHON) benchmarks/scale.py
	$(PYTHON) benchmarks/explore.py
	$(PYTHON) benchmarks/decoding.py
	@if [ -f data/report/vae_creneau.keras ]; then $(PYTHON) benchmarks/training.py; \
	else echo "not measured: training.csv, which needs what \`make all\` trains"; fi

setup: $(SETUP) ## make .venv from the lock, or bring it up to date; every other target does too

# A uv on the PATH, else the one of the lock, which pip installs. uv does not read pip's settings
# (an index of one's own, say): where it finds nothing, pip installs the same.
PIP = .venv/bin/python -m pip --quiet --disable-pip-version-check
UV = $(or $(shell command -v uv 2> /dev/null),.venv/bin/uv)
install = $(UV) pip install --quiet --compile-bytecode --python .venv/bin/python $(1) || $(PIP) install $(1)
# An editable installation as an entry of the path: a folder that is named like the package, as a clone
# is, does not hide it from Python in the folder above.
.venv/installed: requirements.txt pyproject.toml
	@echo "installing requirements.txt in .venv: a minute, or several where the network is slow"
	@$(BASE_PYTHON) -m venv .venv
	@command -v uv > /dev/null || sed -n '/^uv==/,/# via/p' requirements.txt \
		| $(PIP) install --require-hashes -r /dev/stdin
	@$(call install,--require-hashes -r requirements.txt)
	@$(call install,--no-deps --no-build-isolation --config-settings editable_mode=compat --editable .)
	@touch $@

# By the uv of the lock, whatever is on the PATH: the lock's text differs between versions.
COMPILE = $(PYTHON) -m uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--no-emit-find-links --custom-compile-command "make lock" pyproject.toml
lock: $(SETUP) ## resolve pyproject.toml into the lock files; what is locked stays
	$(COMPILE) --generate-hashes --extra setup --extra notebooks --extra test --extra cluster \
		--extra explore --extra docs --extra doors --extra entrants --extra inference \
		--output-file requirements.txt
	$(COMPILE) --extra bench --constraints requirements.txt --output-file benchmarks/requirements.txt

MADE := $(foreach profile, quick report quick_muscl report_muscl, data/$(profile)) \
	$(foreach profile, quick quick_muscl report_muscl, figures/$(profile))
clean: ## remove what the notebooks made, but for figures/report/
	rm -rf build $(MADE)

help: ## this list
	@awk -F ':.*## ' '/^##@ / {print "\n" substr($$0, 5)} \
		/^[a-z]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' Makefile
