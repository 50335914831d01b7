#!/bin/bash
# Compares the speed of `seqlab bench` and PyTorch, turn by turn (compare.py --help).
#
# Takes the python3 in the path where that has PyTorch, else Debian's.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

for python in python3 /usr/bin/python3; do
  if command -v "$python" >/dev/null &&
    "$python" -c 'import importlib.util as u; raise SystemExit(not u.find_spec("torch"))'; then
    exec "$python" "$here/compare.py" "$@"
  fi
done
echo "No python3 here has PyTorch. As root, run:" >&2
echo "  apt-get install --no-install-recommends python3-torch libopenblas0-openmp libjemalloc2" >&2
exit 1
