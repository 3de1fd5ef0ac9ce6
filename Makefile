# hemdata. `make demo` runs the whole line on real molecules, `make test` runs the tests; both make the environment first.
.PHONY: env demo test test-all lint types docs lock xtb bench clean help

H := .venv/bin/hemdata
export OMP_NUM_THREADS ?= 1

help:
	@echo "make demo   the study in small, on real molecules: runs/demo/report.html (five to eight minutes on two idle cores)"
	@echo "make test   the tests (five minutes on two idle cores); make test-all   the slow ones too, once a week"
	@echo "make env    .venv/ with Python 3.12 and the locked versions"
	@echo "make lint types docs   ruff, import-linter and typos; mypy; the handbook"
	@echo "make bench  the benchmarks (minutes)"
	@echo "make lock   resolve the versions anew"

env:
	@sh .ci/make-env

demo: env
	$H run demo

# A third of the tests each, in their order; who is done first takes from the others. Three on two cores: some tests wait
# for a SLURM, a browser or a killed process, and others compute meanwhile.
PYTEST := .venv/bin/python -m pytest -n 3 --dist worksteal --durations=25

test: env
	$(PYTEST)

test-all: env
	$(PYTEST) -m "slow or not slow"

lint: env
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/typos

types: env
	.venv/bin/mypy

docs: env
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet

bench: env
	@for b in benchmarks/*.py; do echo "== $$b"; .venv/bin/python $$b || exit 1; done

lock: env
	@uv=$$(command -v uv || echo .uv/bin/uv); $$uv pip compile -q --python-version 3.12 --no-emit-index-url --no-header --extra train --extra dispersion --extra cluster --extra dev pyproject.toml -o requirements.lock

xtb: env
	sh .ci/make-xtb

clean:
	rm -rf .venv .uv data runs site dist
