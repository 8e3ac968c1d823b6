# Each target is one line; what it does is in cargo, in `plimsoll`, or in ci/.

# What `make binary` includes, in the recommended order.
EXTENSIONS ?= metrics,sync,search,scrub,lint

# What there is to include: the features, as Cargo.toml lists them.
KNOWN := $(shell sed -n 's/^default = \[\(.*\)\]$$/\1/p' registry/Cargo.toml | tr -d '",')
comma := ,
wanted := $(subst $(comma), ,$(EXTENSIONS))
unknown := $(filter-out $(KNOWN),$(wanted))

# More words for `plimsoll run` in `make matrix`, such as `--combinations pairwise`.
RUN ?=

# How many seconds `make fuzz` has for each target.
FUZZ_SECONDS ?= 60
# How many targets at a time: more than there are processors, as some wait for the disk.
FUZZ_TARGETS ?= $(shell expr 2 '*' "$$(nproc)")

# What `make image` makes.
IMAGE ?= plimsoll-registry:latest

# Where the tests of `make durability` say how much they tried.
TALLY = $(CURDIR)/target/plimsoll/durability.jsonl

CARGO ?= cargo
FEATURES = --no-default-features --features "$(wanted)"
INSTALL_BINARY = install -D "$${CARGO_TARGET_DIR:-target}/release/plimsoll-registry" bin/plimsoll-registry

.PHONY: bench binary binary-minimal book docs durability fuzz guest image known-extensions lint matrix prove test

binary: known-extensions ## bin/plimsoll-registry with EXTENSIONS
	PLIMSOLL_COMMIT=$$(git rev-parse HEAD 2>/dev/null) $(CARGO) build --release --package plimsoll-registry $(FEATURES) && $(INSTALL_BINARY)

binary-minimal: ## bin/plimsoll-registry without extensions
	@$(MAKE) binary EXTENSIONS=

image: known-extensions ## a container image from scratch, IMAGE, with EXTENSIONS; needs Docker
	PLIMSOLL_COMMIT=$$(git rev-parse HEAD 2>/dev/null) $(CARGO) rustc --release --package plimsoll-registry --bin plimsoll-registry $(FEATURES) -- -C target-feature=+crt-static && install -D "$${CARGO_TARGET_DIR:-target}/release/plimsoll-registry" target/plimsoll/image/plimsoll-registry && docker build --quiet --tag $(IMAGE) --file ci/image/Dockerfile target/plimsoll/image

matrix: known-extensions ## every combination of EXTENSIONS built, and held to every scenario and to the official suite; reports in target/plimsoll/
	$(CARGO) run --quiet --release --package plimsoll -- run --among "$(or $(EXTENSIONS),none)" --official $(RUN) --report junit=target/plimsoll/junit.xml --report json=target/plimsoll/report.json --report html=target/plimsoll/report.html

guest: ## an extension from out of the tree: without it, alone, with metrics, and with everything; every scenario
	$(CARGO) run --quiet --release --package plimsoll -- run --project fixtures/out-of-tree/motto --extensions none --extensions motto --extensions metrics,motto --extensions $(subst $() ,$(comma),$(strip $(KNOWN))),motto

prove: ## the conformance scenarios against mutants, which they have to catch, and variations, which they must not; and those about advisories
	$(CARGO) run --quiet --release --package plimsoll -- prove --report json=target/plimsoll/proof.json --report html=target/plimsoll/proof.html && $(CARGO) run --quiet --release --package plimsoll -- prove --declarations fixtures/mutants/security.toml

test: ## every test; the combinations and the real clients come last
	$(CARGO) test --quiet --workspace --exclude plimsoll-blackbox && $(CARGO) test --quiet --package plimsoll-blackbox -- --quiet

durability: ## kills, power cuts, faults, races of garbage collection and rot, with a table of how much was tried of each and what was lost; needs strace
	mkdir -p $(dir $(TALLY)) && rm -f $(TALLY) && PLIMSOLL_TRIALS=500 PLIMSOLL_TALLY=$(TALLY) $(CARGO) test --quiet --package plimsoll-registry-core --package plimsoll-extension-scrub --lib -- races:: corruption:: faults:: && $(CARGO) run --quiet --release --package plimsoll -- durability --rounds 200 --records 5 --tally $(TALLY) --json target/plimsoll/durability.json

bench: ## every build's speed beside docker-registry's and what the machine can do; rewrites docs/performance.md and its page
	$(CARGO) run --quiet --release --package plimsoll -- bench --peer fixtures/peers/docker-registry.toml --report markdown=docs/performance.md --report html=docs/benchmark.html --report json=target/plimsoll/bench.json

fuzz: ## every parser and a whole server against new inputs, FUZZ_SECONDS each; what is found is kept in test/fuzz/kept/
	PLIMSOLL_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) run --quiet --release --package plimsoll-fuzz -- --quiet --test-threads $(FUZZ_TARGETS)

lint: ## formatting, also of the scenarios, lints, and the guidelines that extensions keep
	$(CARGO) fmt --all --check && $(CARGO) clippy --quiet --workspace --all-targets -- --deny warnings && $(CARGO) run --quiet --package plimsoll -- fmt --check && $(CARGO) run --quiet --package plimsoll -- check

docs: ## the pages and schemas that are generated
	$(CARGO) run --quiet --package plimsoll-registry -- schema --format markdown > docs/configuration.md && $(CARGO) run --quiet --package plimsoll-registry -- schema > docs/config.schema.json && $(CARGO) run --quiet --package plimsoll-extension-search --example schema > docs/extensions/search.graphql && UPDATE_DOCS=1 $(CARGO) test --quiet --package plimsoll-registry-core --test registry authorization && UPDATE_DOCS=1 $(CARGO) test --quiet --package plimsoll-registry --test authorization && for file in scenario project expectations report; do $(CARGO) run --quiet --package plimsoll -- schema $$file > docs/schemas/$$file.json || exit 1; done && $(CARGO) run --quiet --package plimsoll -- schema scenario --format markdown > docs/scenario-reference.md

book: ## the pages as a book, to target/book; needs mdbook
	mdbook build docs

known-extensions:
	@$(if $(unknown),echo "unknown extension: $(unknown); known are: $(KNOWN)" >&2; exit 2,:)
