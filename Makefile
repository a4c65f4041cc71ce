# Two commands: `make run` and `make test`. Both need make and a Python 3.12 or newer, nothing else.

.DEFAULT_GOAL := help
.PHONY: help run reset test test-engines unit integration e2e lint format bench-charts bench-concurrency bench-public bench-filter bench-search bench-feeding bench-rebuild chaos environment dev-environment bench-imports bench-exports bench-analytics bench-week

# The first Python that is new enough; 3.12 where there is one.
PYTHON := $(shell for python in python3.12 python3 python3.13 python3.14 python3.15 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null \
	&& "$$python" -c 'import sys; print(sys._base_executable)' && break; done)
# uv of the machine where it works, else our own.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .uv/bin/uv)
SYNC = $(UV) sync --frozen --quiet --python-preference only-system --no-python-downloads --python "$(PYTHON)"
IN_ENVIRONMENT := .venv/bin/python
export UV_PROJECT_ENVIRONMENT := .venv
unexport VIRTUAL_ENV

help:
	@echo 'make run     start the CRM on http://localhost:8000 (PORT, DATA_DIR and DEMO are honoured); Ctrl-C stops it'
	@echo 'make test    run every test: unit, integration, browser'
	@echo 'make test-engines  the suites of storage on the real DynamoDB Local and OpenSearch (needs Java 21 and Maven)'
	@echo 'make lint    ruff, mypy, djade, import-linter'
	@echo 'make reset   delete all data, after asking'

run: environment
	@exec $(IN_ENVIRONMENT) -m devstack

reset: environment
	@exec $(IN_ENVIRONMENT) -m devstack.reset

# Side by side: a stack waits a good deal of its time.
test: unit
	@$(MAKE) --no-print-directory -j2 integration e2e

unit: dev-environment
	$(IN_ENVIRONMENT) -m pytest -n auto --dist worksteal -m 'not integration and not e2e'

integration: dev-environment
	$(IN_ENVIRONMENT) -m pytest -m integration

e2e: dev-environment
	$(IN_ENVIRONMENT) -m pytest -m e2e

# The real engines, fetched from Maven Central; without Java or Maven it says so and does nothing.
test-engines: dev-environment
	$(IN_ENVIRONMENT) -m tests.engines

lint: dev-environment
	$(IN_ENVIRONMENT) -m ruff check .
	$(IN_ENVIRONMENT) -m ruff format --check .
	DEMO=1 $(IN_ENVIRONMENT) -m mypy
	.venv/bin/djade --check --target-version 6.1 $$(find templates -name '*.html')
	.venv/bin/lint-imports

format: dev-environment
	$(IN_ENVIRONMENT) -m ruff check --fix .
	$(IN_ENVIRONMENT) -m ruff format .
	.venv/bin/djade --target-version 6.1 $$(find templates -name '*.html')

bench-start: dev-environment
	$(IN_ENVIRONMENT) -m bench.start

bench-charts: dev-environment
	$(IN_ENVIRONMENT) -m bench.charts

bench-concurrency: dev-environment
	$(IN_ENVIRONMENT) -m bench.concurrency

bench-imports: dev-environment
	$(IN_ENVIRONMENT) -m bench.imports

bench-exports: dev-environment
	$(IN_ENVIRONMENT) -m bench.exports

bench-public: dev-environment
	$(IN_ENVIRONMENT) -m bench.public

# MAILS="1000 1000000", REQUESTS=200
bench-analytics: dev-environment
	$(IN_ENVIRONMENT) -m bench.analytics $(if $(MAILS),--mails $(MAILS)) $(if $(REQUESTS),--requests $(REQUESTS))

# MAILS=10000, SEED=7: see bench/week/README.md
bench-week: dev-environment
	$(IN_ENVIRONMENT) -m bench.week $(if $(MAILS),--mails $(MAILS)) $(if $(SEED),--seed $(SEED))

bench-filter: dev-environment
	$(IN_ENVIRONMENT) -m bench.filter_http

# PARTS="fire lag", SEED=7, WRITES=5000, KILLS=100, RATE=100: see bench/feeding/README.md
bench-feeding: dev-environment
	$(IN_ENVIRONMENT) -m bench.feeding $(PARTS) $(if $(SEED),--seed $(SEED)) $(if $(WRITES),--writes $(WRITES)) \
		$(if $(KILLS),--kills $(KILLS)) $(if $(RATE),--rate $(RATE))

# PEOPLE=200000, REGISTRATIONS=400000; needs Java and Maven
bench-rebuild: dev-environment
	$(IN_ENVIRONMENT) -m bench.feeding.rebuilding $(if $(PEOPLE),--people $(PEOPLE)) \
		$(if $(REGISTRATIONS),--registrations $(REGISTRATIONS))

# PEOPLE=100000, FOLDER=…, REQUESTS=20, OPENSEARCH=1: see bench/search/README.md
bench-search: dev-environment
	$(IN_ENVIRONMENT) -m bench.search --people $(or $(PEOPLE),1000000) \
		$(if $(FOLDER),--folder $(FOLDER)) $(if $(REQUESTS),--requests $(REQUESTS)) \
		$(if $(OPENSEARCH),--opensearch)

# SCENARIO="kills terms", SEED=7, MAILS=2000, KILLS=20: see bench/chaos/README.md
chaos: dev-environment
	$(IN_ENVIRONMENT) -m bench.chaos $(or $(SCENARIO),kills) $(if $(SEED),--seed $(SEED)) \
		$(if $(MAILS),--mails $(MAILS)) $(if $(KILLS),--kills $(KILLS))

# What running needs; tools for development that are there already stay.
environment: $(filter .uv/bin/uv,$(UV))
	$(if $(PYTHON),,$(error Python 3.12 or newer is needed; none was found on the PATH))
	@$(SYNC) --inexact --no-default-groups --group devstack

dev-environment: $(filter .uv/bin/uv,$(UV))
	$(if $(PYTHON),,$(error Python 3.12 or newer is needed; none was found on the PATH))
	@$(SYNC)

.uv/bin/uv:
	$(if $(PYTHON),,$(error Python 3.12 or newer is needed; none was found on the PATH))
	@echo 'Getting uv into .uv/ …'
	@"$(PYTHON)" -m venv .uv || { echo 'Python lacks its venv module: install python3-venv.'; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv
