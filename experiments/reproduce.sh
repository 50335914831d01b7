#!/bin/bash
# From nothing to results: installs what is missing, builds, makes the corpus and runs experiments.
#
#   experiments/reproduce.sh                     quick.cfg: at most 12 minutes on 2 cores after the build
#   experiments/reproduce.sh bottleneck ladder   these of experiments/*.cfg; their headers say what they ask
#   experiments/reproduce.sh --all               the six that ask the question: a night on 2 cores
#
# Tables, figures and verdicts go to results/NAME. What is finished is skipped, and what was stopped
# goes on where it was.
set -euo pipefail
# shellcheck source=experiments/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

names=("$@")
case "${1-}" in
  "") names=(quick) ;;
  --all) names=(quick bottleneck trained-short capacity synthetic ladder) ;;
  -*)
    usage
    [[ $1 == --help || $1 == -h ]] && exit 0
    exit 2
    ;;
esac
for name in "${names[@]}"; do
  if [[ ! -f $root/experiments/$name.cfg ]]; then
    echo "reproduce.sh: there is no experiments/$name.cfg" >&2
    exit 2
  fi
done

seqlab=$root/build/seqlab

# show FOLDER: figures and verdicts beside the tables of an experiment, or of each of its parts.
show() {
  local file folder
  while IFS= read -r file; do
    folder=$(dirname "$file")
    "$seqlab" check "$folder" >"$folder/verdicts.txt" || true # 1: something was not reproduced
    "$seqlab" plot "$folder" --format svg >/dev/null
    "$seqlab" plot "$folder" --format png >/dev/null
    say "${folder#"$root/"}: table.md, .tex and .csv, table-cost.*, verdicts.txt, figures/"
  done < <(find "$1" -name experiment.cfg | sort)
}

install_packages
build

say "Corpus"
python3 "$root/experiments/corpora/verses.py"

failed=0
for name in "${names[@]}"; do
  started=$SECONDS
  say "Experiment $name"
  "$seqlab" run "$root/experiments/$name.cfg" --output "$root/results/$name" || failed=1
  show "$root/results/$name"
  say "$name took $((SECONDS - started)) s"
done
exit $failed
