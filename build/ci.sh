#!/usr/bin/env bash
# Kernel check, restore, build, format check, tests, sample, the benchmarks for a moment, package, and programs outside the repository that use the package.
# Needs the .NET 10 SDK, clang-19, which build/check-kernels.sh installs where it may, and Debian's python3-onnx and chromium, installed here. The last line printed is "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

library=src/Microsoft.ML.MixedPrecision

banner() { printf '\n=== %s\n' "$*"; }

# The number after "  <name>:" in the last summary of a test run's log; fails when there is none.
count() {
    sed -e 's/\x1b\[[0-9;]*m//g' -e 's/\r$//' "$scratch/test.log" | awk -v name="$1:" '
        /^Test run summary:/ { within = 1; value = "" }
        within && $1 == name && $2 ~ /^[0-9]+$/ && value == "" { value = $2 }
        END { if (value == "") exit 1; print value }'
}

property() { dotnet msbuild "$library" -getProperty:"$1"; }

banner 'kernels'
build/check-kernels.sh

banner 'reference checker of ONNX'
if ! /usr/bin/python3 -c 'import onnx' 2>/dev/null; then
    apt-get install --yes --no-install-recommends python3-onnx || { apt-get update && apt-get install --yes --no-install-recommends python3-onnx; }
fi
export MIXEDPRECISION_REQUIRE_ONNX_CHECKER=1

banner 'browser that opens the reports'
if ! command -v chromium >/dev/null; then
    apt-get install --yes --no-install-recommends chromium fonts-dejavu-core || { apt-get update && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core; }
fi
export MIXEDPRECISION_REQUIRE_CHROMIUM=1

banner 'restore'
dotnet restore

banner 'build (Debug, as a newcomer does), warnings are errors'
dotnet build --no-restore -warnaserror -warnnotaserror:"$(property WarningsNotAsErrors)"

banner 'projects of the mutation tests, which name rooms by their folders'
dotnet build test/Mutation/Engine.Tests --verbosity quiet

banner 'format'
dotnet format --verify-no-changes --no-restore

banner 'test'
test_exit=0
dotnet test 2>&1 | tee "$scratch/test.log" || test_exit=$?
if ! { passed=$(count succeeded) && failed=$(count failed) && skipped=$(count skipped); }; then
    echo "The test run (exit code $test_exit) printed no summary that can be read." >&2
    exit 1
fi
if (( test_exit != 0 || failed != 0 || passed == 0 )); then
    echo "The test run failed with exit code $test_exit." >&2
    echo "$passed passed, $failed failed, $skipped skipped"
    exit 1
fi

if [[ -d samples/Quickstart ]]; then
    banner 'quickstart'
    dotnet run --project samples/Quickstart
    cp samples/data/customers.csv "$scratch"
    dotnet run --no-build --project samples/Quickstart -- "$scratch/customers.csv" --label churned
fi

for sample in BinaryClassification TabularRegression CustomerChurn; do
    banner "sample $sample"
    dotnet run --project "samples/$sample"
done

banner 'device check'
dotnet run --project samples/DeviceCheck

banner 'benchmarks, as little as they can do'
benchmarks() { dotnet run --no-build --project test/Microsoft.ML.MixedPrecision.Benchmarks -- "$@"; }
benchmarks steps --seconds 0 --group 1
benchmarks fit --rows 2000 --epochs 1 --repeat 1 --systems mixedprecision
benchmarks parity --seeds 1 --epochs 2
benchmarks service --hidden 16 --connections 4 --seconds 0.2

banner 'pack'
dotnet pack "$library" --output "$scratch/packages"
ls -l "$scratch/packages"

banner 'consumer of the package'
# Copied out, so that no setting of this repository reaches it; with packages of its own, so that no older build of
# this version is found in the user's cache.
cp -r test/Consumer "$scratch/consumer"
rm -rf "$scratch/consumer/bin" "$scratch/consumer/obj"
(
    package=$(property PackageId)
    version=$(property PackageVersion)
    cd "$scratch/consumer"
    # No warning may reach those who use the package.
    dotnet restore -warnaserror \
        -p:RestorePackagesPath="$scratch/restored" -p:RestoreAdditionalProjectSources="$scratch/packages" \
        -p:MixedPrecisionPackageId="$package" -p:MixedPrecisionVersion="$version"
    dotnet build --no-restore -warnaserror \
        -p:RestorePackagesPath="$scratch/restored" \
        -p:MixedPrecisionPackageId="$package" -p:MixedPrecisionVersion="$version"
    dotnet bin/Debug/net10.0/Consumer.dll
)

banner 'file-based apps: the first program of README, and one that saves and loads'
# `dotnet run FILE` prepares for ahead-of-time compilation: JSON by reflection and code made at run time are off.
run_file() {
    local folder=$scratch/$1
    mkdir "$folder"
    cp samples/data/*.csv "$folder"
    {
        echo "#:package $(property PackageId)@$(property PackageVersion)"
        echo "#:property RestorePackagesPath=$scratch/restored"
        echo "#:property RestoreAdditionalProjectSources=$scratch/packages"
        cat
    } > "$folder/app.cs"
    (cd "$folder" && dotnet run app.cs)
}
awk '/^```/ { if (within) exit; within = /^```csharp/; next } within' README.md | run_file readme
run_file saving < test/FileApp/app.cs

banner 'done'
echo "$passed passed, $failed failed, $skipped skipped"
