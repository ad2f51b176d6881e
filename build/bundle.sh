#!/usr/bin/env bash
# Packs the tests, benchmarks and samples as programs that need no SDK and no runtime, for a machine with a GPU, into
# artifacts/bundle-<rid>.tar.xz. All of them share one copy of the runtime. On the machine: tar xf, then ./run.sh in the folder.
#
#   build/bundle.sh [--rid linux-x64|win-x64]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

rid=linux-x64
if (( $# == 2 )) && [[ $1 == --rid ]]; then rid=$2; elif (( $# > 0 )); then echo "usage: build/bundle.sh [--rid linux-x64|win-x64]" >&2; exit 2; fi
# What packages bring for other systems, and what only developers use.
case $rid in
    linux-x64) unwanted=('onnxruntime*.dll' lib_lightgbm.dll '*.exe') ;;
    win-x64) unwanted=('*.so' lightgbm.exe) ;;
    *) echo "--rid $rid: write linux-x64 or win-x64." >&2; exit 2 ;;
esac
unwanted+=('*.dylib' '*.lib' '*.pdb' '*.dbg' '*.xml' 'libInstrumentationEngine*' 'libCoverageInstrumentationMethod*')

most_bytes=$(( 60 << 20 ))
projects=(
    samples/DeviceCheck
    samples/Quickstart
    test/CheckpointApp
    test/LoaderApp
    test/Microsoft.ML.MixedPrecision.Benchmarks
    test/Microsoft.ML.MixedPrecision.Cuda.Tests
    test/Microsoft.ML.MixedPrecision.Tests
)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bundle=$scratch/mixedprecision-$rid
mkdir -p "$bundle/app" artifacts

# merge FOLDER: moves its files into the bundle; those of equal names must be equal, or one program would run another's library.
merge() {
    local file
    while IFS= read -r -d '' file; do
        if [[ -e $bundle/app/$file ]]; then
            cmp --silent "$1/$file" "$bundle/app/$file" || { echo "$file of $1 differs from that of a program before it: use one version in all projects." >&2; return 1; }
        else
            mkdir -p "$bundle/app/$(dirname "$file")"
            mv "$1/$file" "$bundle/app/$file"
        fi
    done < <(cd "$1" && find . -type f -print0)
    rm -rf "$1"
}

for project in "${projects[@]}"; do
    dotnet publish "$project" --configuration Release --runtime "$rid" --self-contained --output "$scratch/${project##*/}" \
        --nologo --verbosity quiet -p:UseAppHost=true
    merge "$scratch/${project##*/}"
done

for pattern in "${unwanted[@]}"; do
    find "$bundle/app" -type f -name "$pattern" -delete
done

rm -rf "$bundle/app/Microsoft.CodeCoverage"

cp build/bundle/run.sh "$bundle/run.sh"
git describe --always --dirty > "$bundle/commit.txt"
archive=artifacts/bundle-$rid.tar.xz
tar --create --directory "$scratch" --sort=name --owner=0 --group=0 --numeric-owner "mixedprecision-$rid" | xz -T0 -6 > "$archive"

bytes=$(stat --format %s "$archive")
echo "$archive: $(( bytes / 1024 )) KiB, unpacked $(du --summarize --block-size=1M "$bundle" | cut -f1) MiB"
(( bytes <= most_bytes )) || { echo "That is more than the $(( most_bytes >> 20 )) MiB that a bundle may take: look for files that nothing needs." >&2; exit 1; }
