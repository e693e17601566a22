# Everything a person or CI runs. `make` prints this help.
JOBS ?= $(shell nproc)
BUILD := build/release
ROUNDS ?= 3
SEEDS ?= 3
SANITIZED ?=
PREFIX ?= /usr/local

help: ## print this help
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: ## install the Debian packages that are missing
	@tools/setup

build: setup ## build attend and attend-train into build/release/bin
	@cmake --preset release -DATTEND_BUILD_TESTS=OFF -DATTEND_BUILD_BENCH=OFF
	@cmake --build --preset release -j $(JOBS)

install: build ## install programs, library and headers (PREFIX=/usr/local)
	@cmake --install $(BUILD) --prefix "$(PREFIX)" --strip
	@[ "$$(id -u)" != 0 ] || ldconfig

demo: build ## train the date model in minutes and look at what it attends to
	@tools/demo $(BUILD)/bin

test: setup ## build and run the tests
	@cmake --preset dev
	@cmake --build --preset dev -j $(JOBS)
	@ctest --test-dir build/dev --output-on-failure -j $(JOBS)

test-all: test ## and the unit tests under the sanitizers
	@$(MAKE) --no-print-directory test-sanitized test-threads

test-sanitized: setup ## unit tests under the address and undefined-behaviour sanitizers
	@cmake --preset asan-ubsan
	@cmake --build --preset asan-ubsan -j $(JOBS)
	@ctest --test-dir build/asan-ubsan --output-on-failure -j $(JOBS) $(SANITIZED)

test-threads: setup ## what several threads share under the thread sanitizer
	@cmake --preset tsan
	@cmake --build --preset tsan -j $(JOBS) --target tests_fused_threads tests_predictor tests_vision tests_api tests_c_face
	@ctest --test-dir build/tsan --output-on-failure -j $(JOBS) -R '^(fused/threads|predictor|vision|api)\.'

test-packages: build ## the .deb packages and the wheel: made, installed, used and removed (as root)
	@tools/setup --packages
	@tests/install/packages.sh $(BUILD) .
	@tests/install/wheel.sh .

# Kernels of training are no part of the light half, and their tests take minutes each in an emulator. Two of them are known
# to miss their tolerance by 12 % there, where vectors have four lanes.
test-aarch64: ## the light half for aarch64 by a cross compiler, its tests by qemu-user
	@tools/setup --cross
	@tools/sysroot-aarch64 build/sysroot-aarch64
	@cmake -G Ninja -B build/aarch64 -DCMAKE_TOOLCHAIN_FILE=$(CURDIR)/cmake/aarch64.cmake -DATTEND_BUILD_TRAINING=OFF
	@cmake --build build/aarch64 -j $(JOBS)
	@ctest --test-dir build/aarch64 --output-on-failure -j $(JOBS) -LE end-to-end -E '^kernels\..*Training'

bench: ## measure kernels, training and prediction against PyTorch (ROUNDS=3)
	@tools/setup --bench
	@cmake --preset release -DATTEND_BUILD_TESTS=OFF -DATTEND_BUILD_BENCH=ON
	@cmake --build --preset release -j $(JOBS)
	@bench/run --rounds $(ROUNDS) --build $(BUILD)

quality: build ## train with several seeds in float32 and bfloat16, compare quality (SEEDS=3)
	@bench/quality --seeds $(SEEDS) --build $(BUILD)

toys: build ## train every preset on made-up tasks, two minutes at most each
	@bench/toys --build $(BUILD)

lint: ## formatting, tests on disk, house rules
	@tools/lint

format: ## reformat all sources
	@git ls-files '*.h' '*.hpp' '*.cc' '*.cpp' '*.c' | xargs clang-format-14 -i

clean: ## remove what was built
	@rm -rf build demo

.PHONY: help setup build install demo test test-all test-sanitized test-threads bench quality toys lint format clean test-packages test-aarch64
.DEFAULT_GOAL := help
