# Everything a person types. Each target sets up what it needs; the work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test demo ui dev check screenshots supply bench package cuda check-cuda starter parity

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: ## build everything and open the window (without a display: a link for the browser)
	@scripts/run $(ARGS)

test: ## run everything a change can break, and sum it up
	@scripts/test $(PHASES)

demo: ## tune the starter model on the samples in the terminal, and compare answers (ARGS=contacts: on one)
	@scripts/demo $(ARGS)

ui: ## build the screens into ui/dist
	@scripts/screens

dev: ## the window with screens that reload as they are edited
	@scripts/dev

check: ## fast: formatting, lints, types, unit tests of the screens that were changed
	@scripts/check

screenshots: ## drive the real window through every screen, pictures to target/screenshots
	@scripts/screenshots

supply: ## licences, sources, duplicates and advisories of everything this is built from
	@scripts/supply

bench: ## how fast this machine trains and imports, and in how much memory
	@bench/run $(ARGS)

parity: ## load trained adapters of every family with PEFT; with MODELS=FOLDER, compare the chats of the models there
	@MODELS="$(MODELS)" scripts/parity

package: ## a .deb of the window, built with link-time optimisation, in target/dist
	@scripts/package

cuda: ## a program that also computes on NVIDIA GPUs, in target/cuda/release
	@scripts/cuda

check-cuda: ## every family, the main job and the speed on the GPU of this computer
	@scripts/check-cuda

starter: ## make the bundled starter model again (hours; goes on where it stopped)
	@scripts/make-starter $(ARGS)
