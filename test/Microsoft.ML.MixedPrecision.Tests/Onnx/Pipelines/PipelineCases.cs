using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using static Microsoft.ML.Transforms.LpNormNormalizingEstimatorBase;
using static Microsoft.ML.Transforms.MissingValueReplacingEstimator;
using static Microsoft.ML.Transforms.OneHotEncodingEstimator;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>The table of exported pipelines; a transform more is a line more.</summary>
internal static class PipelineCases
{
    private static readonly string[] Scalars =
        ["Text", "Level", "FineLevel", "Flag", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Key"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PipelineCase> All { get; } =
        [
            .. Normalizers(),
            .. Norms(),
            .. Missing(),
            .. OneHot(),
            .. InPlace(),
            .. Hashed(),
            .. Keys(),
            .. Maps(),
            .. Selected(),
            .. TextCases.All,
            .. Columns()];

    private static IEnumerable<PipelineCase> Normalizers()
    {
        // RobustScaling of a column with NaN is NaN everywhere, and ML.NET cannot load it again.
        InputOutputColumnPair[] finite = [new("A", "Size"), new("B", "Width"), new("C", "Widths"), new("Features", "Sizes")];
        InputOutputColumnPair[] all = [.. finite, new("D", "Number"), new("E", "Numbers"), new("F", "Fine"), new("G", "Fines")];
        yield return Normalizer("MeanVariance", ml => ml.NormalizeMeanVariance(all, fixZero: false), all);
        yield return Normalizer("MeanVariance, zero kept", ml => ml.NormalizeMeanVariance(all), all);
        yield return Normalizer("MinMax", ml => ml.NormalizeMinMax(all, fixZero: false), all);
        yield return Normalizer("MinMax, zero kept", ml => ml.NormalizeMinMax(all), all);
        yield return Normalizer("RobustScaling", ml => ml.NormalizeRobustScaling(finite), finite);
        yield return Normalizer(
            "RobustScaling, not centred",
            ml => ml.NormalizeRobustScaling(finite, centerData: false, quantileMin: 10, quantileMax: 90),
            finite);
    }

    private static PipelineCase Normalizer(
        string name,
        Func<TransformsCatalog, IEstimator<ITransformer>> steps,
        InputOutputColumnPair[] columns)
        => new(
            "Normalize" + name,
            steps,
            [.. columns.Select(column => column.InputColumnName)],
            [.. columns.Select(column => column.OutputColumnName)]);

    private static IEnumerable<PipelineCase> Missing()
    {
        InputOutputColumnPair[] replaced = [new("A", "Number"), new("B", "Numbers"), new("C", "Fine"), new("D", "Fines")];
        foreach (ReplacementMode mode in Enum.GetValues<ReplacementMode>())
        {
            foreach (bool bySlot in new[] { true, false })
            {
                yield return new PipelineCase(
                    $"ReplaceMissingValues, {mode}, {(bySlot ? "each" : "all")}",
                    ml => ml.ReplaceMissingValues(replaced, mode, bySlot).Append(ml.Concatenate("Features", "A", "B", "Size")),
                    ["Number", "Numbers", "Fine", "Fines", "Size"],
                    ["A", "B", "C", "D", "Features"]);
            }
        }

        InputOutputColumnPair[] numbers = [
            .. replaced.Select(pair => new InputOutputColumnPair(pair.OutputColumnName + "1", pair.OutputColumnName))];
        yield return new PipelineCase(
            "IndicateMissingValues",
            ml => ml.IndicateMissingValues(replaced)
                .Append(ml.Conversion.ConvertType(numbers))
                .Append(ml.Concatenate("Features", [.. numbers.Select(pair => pair.OutputColumnName)])),
            ["Number", "Numbers", "Fine", "Fines"],
            ["A", "B", "C", "D", "Features"]);
    }

    private static IEnumerable<PipelineCase> OneHot()
    {
        // ML.NET itself does not encode keys.
        foreach (string column in (string[])[.. Scalars[..^1], "Texts"])
        {
            foreach (OutputKind kind in new[] { OutputKind.Indicator, OutputKind.Bag, OutputKind.Binary })
            {
                yield return new PipelineCase(
                    $"OneHotEncoding, {column}, {kind}",
                    ml => ml.Categorical.OneHotEncoding("A", column, kind).Append(ml.Concatenate("Features", "A", "Size")),
                    [column, "Size"],
                    ["A", "Features"]);
            }

            yield return new PipelineCase(
                $"OneHotEncoding, {column}, Key",
                ml => ml.Categorical.OneHotEncoding("A", column, OutputKind.Key)
                    .Append(ml.Conversion.MapKeyToVector("B", "A"))
                    .Append(ml.Concatenate("Features", "B", "Size")),
                [column, "Size"],
                ["A", "B"]);
        }
    }

    private static IEnumerable<PipelineCase> InPlace()
    {
        yield return new PipelineCase(
            "OneHotEncoding of several in place",
            ml => ml.Categorical.OneHotEncoding([new("Text"), new("Texts"), new("Level", "Flag"), new("Flag", "Level")], OutputKind.Bag)
                .Append(
                    ml.Categorical.OneHotHashEncoding([new("Int32"), new("Plain")], numberOfBits: 4)).Append(
                        ml.Concatenate("Features",
                        "Text",
                        "Texts",
                        "Level",
                        "Flag",
                        "Int32",
                        "Plain")),
            ["Text", "Texts", "Level", "Flag", "Int32", "Plain"],
            ["Text", "Texts", "Level", "Flag", "Int32", "Plain", "Features"]);
    }

    private static IEnumerable<PipelineCase> Hashed()
    {
        foreach (string column in (string[])["Plain", .. Scalars[1..], "Plains", "Numbers", "Fines", "Keys"])
        {
            foreach (int inverts in new[] { 0, -1 })
            {
                yield return new PipelineCase(
                    $"OneHotHashEncoding, {column}, inverts {inverts}",
                    ml => ml.Categorical.OneHotHashEncoding(
                        "A",
                        column,
                        OutputKind.Indicator,
                        numberOfBits: 5,
                        maximumNumberOfInverts: inverts).Append(ml.Concatenate("Features", "A", "Size")),
                    [column, "Size"],
                    ["A", "Features"]);
            }

            foreach (bool isOrdered in new[] { true, false })
            {
                yield return new PipelineCase(
                    $"Hash, {column}, {(isOrdered ? "" : "not ")}ordered",
                    ml => ml.Conversion.Hash(
                        new HashingEstimator.ColumnOptions(
                            "A",
                            column,
                            numberOfBits: 31,
                            seed: 3_000_000_000,
                            useOrderedHashing: isOrdered)).Append(ml.Concatenate("Features", "Size")),
                    [column, "Size"],
                    ["A"]);
            }
        }
    }

    private static IEnumerable<PipelineCase> Keys()
    {
        foreach (string column in (string[])[.. Scalars, "Texts", "Keys"])
        {
            yield return new PipelineCase(
                $"MapKeyToBinaryVector, {column}",
                ml => ml.Conversion.MapValueToKey("A", column)
                    .Append(ml.Conversion.MapKeyToBinaryVector("B", "A"))
                    .Append(ml.Concatenate("Features", "B", "Size")),
                [column, "Size"],
                ["B"]);
            yield return new PipelineCase(
                $"MapValueToKey and MapKeyToValue, {column}",
                ml => ml.Conversion.MapValueToKey("A", column, keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
                    .Append(ml.Conversion.MapKeyToValue("B", "A"))
                        .Append(ml.Conversion.MapKeyToVector("C", "A"))
                        .Append(ml.Concatenate("Features", "C", "Size")),
                [column, "Size"],
                ["A", "B", "C"]);
        }
    }

    private static IEnumerable<PipelineCase> Norms()
    {
        foreach (NormFunction norm in Enum.GetValues<NormFunction>())
        {
            // The largest magnitude of a row with NaN is, in ML.NET, what its vector instructions happen to take.
            string other = norm == NormFunction.Infinity ? "Sizes" : "Numbers";
            foreach (bool isCentred in new[] { false, true })
            {
                yield return new PipelineCase(
                    $"NormalizeLpNorm, {norm}{(isCentred ? ", centred" : "")}",
                    ml => ml.NormalizeLpNorm("A", other, norm, isCentred).Append(ml.NormalizeLpNorm("Features", "Sizes", norm, isCentred)),
                    [.. new[] { other, "Sizes" }.Distinct()],
                    ["A", "Features"])
                { Tolerance = 2e-6 };
            }
        }

        yield return new PipelineCase(
            "NormalizeGlobalContrast",
            ml => ml.NormalizeGlobalContrast("A", "Numbers")
                .Append(ml.NormalizeGlobalContrast("B", "Sizes", false, true, 3))
                .Append(ml.NormalizeGlobalContrast("Features", "Sizes", true, true, 0.5f)),
            ["Numbers", "Sizes"],
            ["A", "B", "Features"])
        { Tolerance = 5e-6 };
    }

    private static IEnumerable<PipelineCase> Maps()
    {
        yield return Map("Text", "to Single", ("red", 1.5f), ("grün", -2f), ("", 7f));
        yield return Map("Text", "to text", ("red", "rot"), ("light blue", ""), ("7", "sieben"));
        yield return Map("Text", "to Boolean", ("red", true), ("blue", false));
        yield return Map("Plain", "to Int32", ("word 1", 1), ("word 7", -5));
        yield return Map("Level", "to Double", (0f, 1.0), (0.1f, 1e-300), (-1.5f, 3.0));
        yield return Map("FineLevel", "to Int64", (2.25, 4L), ((double)0.1f, -9L));
        yield return Map("Level", "to Single, NaN too", (2.25f, 1f), (float.NaN, 5f), (0f, -2f));
        yield return Map("FineLevel", "to Single, NaN too", (0.0, 1f), (double.NaN, 5f), ((double)0.1f, -2f));
        yield return Map("Number", "to Single, NaN alone", (float.NaN, 5f));
        yield return Map("Fine", "to text, NaN alone", (double.NaN, "missing"));
        yield return Map("Flag", "to Single", (true, 2f));
        yield return Map("Int8", "to text", ((sbyte)-128, "least"), ((sbyte)77, "77"));
        yield return Map("Int64", "to Single", (77L, 1f), (long.MinValue, 2f));
        yield return Map("UInt16", "to Byte", ((ushort)0, (byte)9), ((ushort)77, (byte)8));
        yield return Map("UInt64", "to UInt32", (2UL, 5u), (154UL, 6u));
        yield return new PipelineCase(
            "MapValue to keys",
            ml => ml.Conversion.MapValue(
                "A",
                new Dictionary<string, string> { ["red"] = "warm", ["blue"] = "cold" },
                "Text",
                treatValuesAsKeyType: true)
                .Append(ml.Conversion.MapKeyToVector("B", "A"))
                .Append(ml.Concatenate("Features", "B", "Size")),
            ["Text", "Size"],
            ["A", "B"]);
    }

    private static PipelineCase Map<TKey, TValue>(string column, string name, params (TKey Key, TValue Value)[] pairs)
        => new(
            $"MapValue, {column} {name}",
            ml => ml.Conversion.MapValue(
                "A",
                pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)),
                column).Append(ml.Concatenate("Features", "Size")),
            [column, "Size"],
            ["A"]);

    private static IEnumerable<PipelineCase> Selected()
    {
        yield return new PipelineCase(
            "SelectFeaturesBasedOnCount",
            ml => ml.FeatureSelection.SelectFeaturesBasedOnCount("A", "Numbers", 350)
                .Append(ml.FeatureSelection.SelectFeaturesBasedOnCount("B", "Fines", 10))
                .Append(ml.FeatureSelection.SelectFeaturesBasedOnCount("C", "Texts", 1))
                .Append(ml.Concatenate("Features", "Size", "A")),
            ["Numbers", "Fines", "Texts", "Size"],
            ["A", "B", "C", "Features"]);
        yield return new PipelineCase(
            "SelectFeaturesBasedOnMutualInformation",
            ml => ml.FeatureSelection.SelectFeaturesBasedOnMutualInformation("Features", "Sizes", slotsInOutput: 2),
            ["Sizes"],
            ["Features"]);
    }

    private static IEnumerable<PipelineCase> Columns()
    {
        yield return new PipelineCase(
            "Concatenate of text and booleans",
            ml => ml.Concatenate("A", "Text", "Texts", "Text")
                .Append(ml.Concatenate("B", "Flag"))
                .Append(ml.Concatenate("Features", "Sizes", "Size", "Sizes")),
            ["Text", "Texts", "Flag", "Sizes", "Size"],
            ["A", "B", "Features"]);
        yield return new PipelineCase(
            "CopyColumns, in a circle",
            ml => ml.CopyColumns([new("Size", "Number"), new("Number", "Size")])
                .Append(ml.CopyColumns("A", "Size"))
                .Append(ml.Concatenate("Features", "Number", "Sizes")),
            ["Size", "Number", "Sizes"],
            ["A", "Number", "Features"]);
        yield return new PipelineCase(
            "SelectColumns and DropColumns",
            ml => ml.NormalizeMinMax("Sizes")
                .Append(ml.CopyColumns("Size", "Text"))
                .Append(ml.SelectColumns("Label", "Text", "Sizes", "Size"))
                .Append(ml.DropColumns("Text"))
                    .Append(ml.NormalizeMeanVariance("Sizes"))
                    .Append(ml.Concatenate("Features", "Sizes"))
                    .Append(ml.DropColumns("Sizes")),
            ["Sizes", "Text"],
            ["Size", "Features"]);
        yield return new PipelineCase(
            "SelectColumns that keeps hidden ones",
            ml => ml.NormalizeMinMax("Sizes")
                .Append(ml.SelectColumns(["Sizes", "Label"], keepHidden: true))
                .Append(ml.Concatenate("Features", "Sizes")),
            ["Sizes"],
            ["Sizes"]);
        string[] whole = ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"];
        yield return new PipelineCase(
            "ConvertType of whole numbers",
            ml => ml.Conversion.ConvertType([.. whole.Select(name => new InputOutputColumnPair(name + "A", name))])
                .Append(ml.Conversion.ConvertType([.. whole.Select(name => new InputOutputColumnPair(name + "B", name))], DataKind.Double))
                .Append(ml.Conversion.ConvertType([.. whole.Select(name => new InputOutputColumnPair(name + "C", name))], DataKind.Boolean))
                .Append(ml.Conversion.ConvertType([.. whole.Select(name => new InputOutputColumnPair(name + "D", name))], DataKind.String))
                .Append(ml.Conversion.ConvertType("E", "Int64", DataKind.SByte)).Append(
                    ml.Conversion.ConvertType("F", "UInt64", DataKind.UInt16))
                .Append(ml.Conversion.ConvertType("G", "UInt64", DataKind.UInt32))
                    .Append(ml.Conversion.ConvertType("H", "UInt32", DataKind.Byte))
                    .Append(ml.Conversion.ConvertType("I", "UInt16", DataKind.Byte))
                .Append(ml.NormalizeMinMax("Scaled", "Int16A")).Append(ml.Concatenate("Features", "Scaled", "Size")),
            [.. whole, "Size"],
            [.. whole.SelectMany(name => new[] { name + "A", name + "B", name + "C", name + "D" }), "E", "F", "G", "H", "I"]);
        yield return new PipelineCase(
            "ConvertType of others",
            ml => ml.Conversion.ConvertType("A", "Fines")
                .Append(ml.Conversion.ConvertType("B", "Number", DataKind.Double))
                .Append(ml.Conversion.ConvertType("C", "FineLevel", DataKind.Boolean))
                .Append(ml.Conversion.ConvertType("D", "Flag", DataKind.Int32))
                    .Append(ml.Conversion.ConvertType("E", "Keys", DataKind.UInt64))
                    .Append(ml.Conversion.ConvertType("F", "Flag"))
                .Append(ml.Concatenate("Features", "F", "Size")),
            ["Fines", "Number", "FineLevel", "Flag", "Keys", "Size"],
            ["A", "B", "C", "D", "E", "F"]);
    }
}
