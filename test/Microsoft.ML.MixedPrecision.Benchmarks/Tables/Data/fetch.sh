#!/usr/bin/env bash
# Writes the real tables of the command `tables`, each as NAME.csv with a description NAME.json, into a folder that git ignores.
#
#   fetch.sh [FOLDER]          (default artifacts/tables)
#
# They are in packages of Debian and npm, from which R reads them: Debian's r-base-core, r-cran-jsonlite, -modeldata, -mlbench, -aer and
# -survival are installed where they are missing (as root), vega-datasets is unpacked into a temporary folder. Nothing of them is kept in
# the repository: of several the licence says nothing about the data themselves.
set -euo pipefail

packages=(r-base-core r-cran-jsonlite r-cran-modeldata r-cran-mlbench r-cran-aer r-cran-survival)
vega=vega-datasets@3.2.1
folder=${1:-artifacts/tables}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

for package in "${packages[@]}"; do
    if ! dpkg-query --show --showformat '${Status}' "$package" 2> /dev/null | grep -q 'install ok installed'; then
        apt-get install --yes --no-install-recommends "${packages[@]}" >&2
        break
    fi
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && npm pack --silent "$vega" && tar xzf vega-datasets-*.tgz) >&2

mkdir -p "$folder"
Rscript "$here/fetch.R" "$folder" "$scratch/package/data"
