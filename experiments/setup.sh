#!/bin/bash
# What experiments/reproduce.sh and tests/run.sh have in common: the packages and the build.
# To be sourced; `root` is the source folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

packages=(
  cmake g++ ninja-build libxtensor-dev libxtensor-blas-dev libxsimd-dev libopenblas-dev
  libboost-program-options-dev libboost-iostreams-dev doctest-dev nlohmann-json3-dev libfmt-dev
  libsentencepiece-dev libicu-dev libdnnl-dev gnuplot-nox
  libopenmpi-dev openmpi-bin
  sword-text-web sword-text-sparv libsword-utils python3)

say() { printf '== %s\n' "$*"; }

missing_packages() {
  local package status
  for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || true
    if [[ $status != installed ]]; then echo "$package"; fi
  done
}

# Without root and sudo, names the missing packages and stops.
install_packages() {
  local missing become_root=()
  if ! command -v dpkg-query >/dev/null; then
    echo "This set-up is for Debian 12; elsewhere install the equivalents of: ${packages[*]}" >&2
    exit 1
  fi
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "Packages: all ${#packages[@]} are there"
    return
  fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "Packages are missing, and installing them takes root. As root, run:" >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    become_root=(sudo)
  fi
  say "Packages: installing ${missing[*]}"
  if ! "${become_root[@]}" apt-get -qq update ||
    ! "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null; then
    echo "apt-get could not install the packages. As root, run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
}

# Everything in release mode, into build/.
build() {
  local started=$SECONDS
  if [[ ! -f $root/build/build.ninja ]]; then
    say "Configuring build/ (Release)"
    (cd "$root" && cmake --preset release >"$root/build.log" 2>&1) || {
      cat "$root/build.log" >&2
      echo "Configuring failed." >&2
      exit 1
    }
    rm -f "$root/build.log"
  fi
  say "Building"
  cmake --build "$root/build" --parallel "$(nproc)"
  say "Built in $((SECONDS - started)) s"
}
