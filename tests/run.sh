#!/bin/bash
# Installs what is missing, builds in release mode and runs all tests.
# Usage: tests/run.sh        Ends with a line "N passed, N failed" and status 0 if none failed.
set -euo pipefail
# shellcheck source=experiments/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../experiments/setup.sh"

install_packages
build

say "Testing"
passed=0
failed=0
for program in unit_tests gradient_tests system_tests; do
  say "$program"
  log=$(mktemp)
  status=0
  "$root/build/tests/$program" --no-colors=true 2>&1 | tee "$log" || status=$?
  # doctest's totals: [doctest] test cases: 12 | 12 passed | 0 failed | 0 skipped
  if totals=$(grep -Eo 'test cases: .*' "$log"); then
    [[ $totals =~ ([0-9]+)\ passed ]] && passed=$((passed + BASH_REMATCH[1]))
    [[ $totals =~ ([0-9]+)\ failed ]] && failed=$((failed + BASH_REMATCH[1]))
  fi
  if ((status != 0)) && ! grep -Eq 'test cases: .* [1-9][0-9]* failed' "$log"; then
    echo "$program ended with status $status before its totals"
    failed=$((failed + 1))
  fi
  rm -f "$log"
done
say "corpus recipes"
log=$(mktemp)
status=0
python3 "$root/tests/corpora/test_recipes.py" 2>&1 | tee "$log" || status=$?
if ((status != 0)); then
  failed=$((failed + 1))
elif [[ $(<"$log") =~ Ran\ ([0-9]+)\ test ]]; then
  passed=$((passed + BASH_REMATCH[1]))
fi
rm -f "$log"
echo "$passed passed, $failed failed"
((failed == 0))
