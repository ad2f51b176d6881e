#!/usr/bin/env bash
# What this bundle is for: check the devices of this machine and run the tests on them; measure, if asked to.
#
#   ./run.sh [PART…] [-- OPTION…]
#
# Parts, in the order written; without any: check tests
#   check        devices, formats, NVIDIA's libraries
#   tests        both test programs; a test that needs CUDA fails where there is none (MIXEDPRECISION_REQUIRE_CUDA=0: is skipped)
#   quickstart   the main job on real data, in four formats
#   steps        whole training steps
#   fit          Fit end to end, beside LightGBM
#   parity       accuracy on real data in every format
#   products     square matrix products on a card
#   beside       steps of ours and of PyTorch, twice each; needs a python3 with torch, or PYTHON
# Options behind -- go to the benchmarks among the parts; app/Microsoft.ML.MixedPrecision.Benchmarks lists them.
# What the parts print is also written to results, or to the folder that RESULTS names.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

parts=()
while (( $# > 0 )) && [[ $1 != -- ]]; do
    case $1 in
        check | tests | quickstart | steps | fit | parity | products | beside) parts+=("$1") ;;
        *) echo "'$1' is no part: write check, tests, quickstart, steps, fit, parity, products or beside." >&2; exit 2 ;;
    esac
    shift
done
(( $# > 0 )) && shift
(( ${#parts[@]} > 0 )) || parts=(check tests)

results=${RESULTS:-$PWD/results}
mkdir -p "$results" || exit 1
export MIXEDPRECISION_REQUIRE_CUDA=${MIXEDPRECISION_REQUIRE_CUDA:-1} TESTINGPLATFORM_TELEMETRY_OPTOUT=1
# Without the ICU libraries .NET starts in invariant mode only; nothing here depends on a culture.
if [[ $(uname -s) == Linux ]] && ! ldconfig -p 2>/dev/null | grep -q libicuuc; then
    export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
fi

prefix=Microsoft.ML.MixedPrecision
summary=()
failed=0

# record NAME PROGRAM ARGUMENT…: runs it, shows what it prints and keeps that as a file.
record() {
    local name=$1 code
    shift
    printf '\n=== %s\n' "$name"
    "$@" 2>&1 | tee "$results/$name.txt"
    code=${PIPESTATUS[0]}
    (( code == 0 )) || failed=1
    summary+=("$(printf '%-12s exit code %s' "$name" "$code")")
}

tests() {
    local name=$1
    shift
    record "$name" "app/$prefix.$1" --progress off --results-directory "$results"
}

benchmark() {
    local name=$1
    shift
    record "$name" "app/$prefix.Benchmarks" "$name" --commit "$(cat commit.txt)" "$@"
}

for part in "${parts[@]}"; do
    case $part in
        check) record check app/DeviceCheck ;;
        tests)
            tests tests-cuda Cuda.Tests
            tests tests Tests ;;
        quickstart) record quickstart app/Quickstart ;;
        beside) record beside app/peers/run_beside.sh --commit "$(cat commit.txt)" --out "$results" "$@" ;;
        *) benchmark "$part" "$@" ;;
    esac
done

printf '\n=== results in %s\n' "$results"
printf '%s\n' "${summary[@]}"
exit "$failed"
