#!/bin/bash
# From nothing to the results: installs what is missing, builds, and runs the two experiments.
#
#   experiments/reproduce.sh          the quick version, about 20 minutes on 2 cores after the build
#   experiments/reproduce.sh --full   verses with real quality: some hours
#
# What is finished is skipped, and what was stopped goes on where it was.
set -euo pipefail
# shellcheck source=experiments/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

verses='verses'
case "${1-}" in
  "") ;;
  --full) verses='verses-full' ;;
  --help | -h)
    usage
    exit 0
    ;;
  *)
    echo "reproduce.sh: unknown argument '$1'" >&2
    usage >&2
    exit 2
    ;;
esac

seqlab=$root/build/seqlab
models=(rnn lstm bahdanau transformer)
jobs=$(nproc)
if ((jobs > 4)); then jobs=4; fi
runs=()

stop_children() {
  local children
  mapfile -t children < <(jobs -rp)
  if ((${#children[@]} > 0)); then kill "${children[@]}" 2>/dev/null || true; fi
  wait
  say "Stopped; run it again to go on"
  exit 1
}
trap stop_children INT TERM

# one_run RUN COMMAND...: output into RUN.log, its last line shown.
one_run() {
  local run=$1 child
  shift
  "$@" --output "$run" --resume >>"$run.log" 2>&1 &
  child=$!
  trap 'kill "$child" 2>/dev/null; wait "$child"; exit 1' INT TERM
  if wait "$child"; then
    say "$(basename "$run"): $(tail -n 1 "$run.log")"
  else
    say "$(basename "$run") FAILED: $(tail -n 1 "$run.log")"
  fi
}

# run_in_background RUN COMMAND...: at most $jobs at a time.
run_in_background() {
  local run=$1
  runs+=("$run")
  if [[ -f $run/done ]]; then
    say "$(basename "$run"): finished already"
    return
  fi
  while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
  say "$(basename "$run"): started, log in ${run#"$root/"}.log"
  one_run "$@" &
}

# run_experiment NAME: all models of experiments/NAME.cfg with seed 1.
run_experiment() {
  local name=$1 model
  mkdir -p "$root/results/$name/runs"
  say "Experiment $name: $jobs runs at a time"
  for model in "${models[@]}"; do
    run_in_background "$root/results/$name/runs/$model-seed1" \
      "$seqlab" train "$root/experiments/$name.cfg" --model "$model" --seed 1
  done
}

run_baselines() {
  local name=$1 kind
  for kind in retrieval gloss; do
    run_in_background "$root/results/$name/runs/$kind" \
      "$seqlab" baseline "$root/experiments/$name.cfg" --kind "$kind"
  done
}

show() {
  local folder=$root/results/$1
  "$seqlab" table "$folder" | tee "$folder/table.md"
  "$seqlab" table "$folder" --format csv >"$folder/table.csv"
  "$seqlab" plot "$folder" --format svg >/dev/null
  "$seqlab" plot "$folder" --format png >/dev/null
}

install_packages
build

say "Corpus"
python3 "$root/experiments/corpora/verses.py"

started=$SECONDS
run_experiment reversal
run_experiment "$verses"
run_baselines "$verses"
wait
say "Runs took $((SECONDS - started)) s"

for name in reversal "$verses"; do
  say "Results of $name"
  show "$name"
done
say "Tables: results/{reversal,$verses}/table.md and .csv"
say "Figures: results/{reversal,$verses}/figures/*.svg and .png"
say "Translate: echo \"Y dijo Dios: Sea la luz: y fué la luz.\" |" \
  "build/seqlab translate results/$verses/runs/transformer-seed1"

unfinished=()
for run in "${runs[@]}"; do
  if [[ ! -f $run/done ]]; then unfinished+=("${run#"$root/"}"); fi
done
if ((${#unfinished[@]} > 0)); then
  say "These runs failed, their logs lie beside them: ${unfinished[*]}"
  exit 1
fi
