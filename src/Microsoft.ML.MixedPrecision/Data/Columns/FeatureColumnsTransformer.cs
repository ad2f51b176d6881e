using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(FeatureColumnsTransformer),
    null,
    typeof(SignatureLoadModel),
    "Features of several columns",
    FeatureColumnsTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Makes one vector of Single of several columns: first those of numbers, then those of keys, each in the order of
/// <see cref="Parts"/>.</summary>
internal sealed class FeatureColumnsTransformer : RowToRowTransformerBase
{
    /// <summary>Its name in model files.</summary>
    internal const string LoaderSignature = "MixedPrecisionFeatures";
    private const string ModelSignature = "MPFEATCO";

    /// <summary>Creates it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="output">Name of the vector's column.</param>
    /// <param name="parts">The columns, those of keys last.</param>
    public FeatureColumnsTransformer(IHostEnvironment env, string output, IReadOnlyList<FeaturePart> parts)
        : base(env.Register(LoaderSignature))
        => (Output, Parts) = (output, parts);

    /// <summary>Name of the vector's column.</summary>
    public string Output { get; }

    /// <summary>The columns that it is made of, in its order.</summary>
    public IReadOnlyList<FeaturePart> Parts { get; }

    private static VersionInfo Version => new(
        modelSignature: ModelSignature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(FeatureColumnsTransformer).Assembly.FullName);

    /// <summary>Loads it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="ctx">Where from.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static FeatureColumnsTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        string output = ctx.LoadNonEmptyString();
        int count = ctx.Reader.ReadInt32();
        var parts = new List<FeaturePart>();
        long slots = 0;
        for (int i = 0; i < count && slots is >= 0 and <= int.MaxValue; i++)
        {
            var part = new FeaturePart(
                ctx.LoadNonEmptyString(),
                ctx.LoadNonEmptyString(),
                ctx.Reader.ReadInt32(),
                ctx.Reader.ReadBoolean(),
                ctx.Reader.ReadInt32());
            parts.Add(part);
            slots = part.Size < 1 || part.Levels is < 0 or > NumbersInput.MostLevels ? -1 : slots + part.Size;
        }

        return slots is >= 1 and <= int.MaxValue
            ? new FeatureColumnsTransformer(env, output, parts)
            : throw new InvalidDataException($"The model file is damaged and cannot be loaded: its feature columns make a vector of "
                + $"{slots} numbers. Use an undamaged copy of the file, or save the model again.");
    }

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveNonEmptyString(Output);
        ctx.Writer.Write(Parts.Count);
        foreach (FeaturePart part in Parts)
        {
            ctx.SaveNonEmptyString(part.Name);
            ctx.SaveNonEmptyString(part.Item);
            ctx.Writer.Write(part.Size);
            ctx.Writer.Write(part.IsVector);
            ctx.Writer.Write(part.Levels);
        }
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new FeatureColumnsMapper(this, schema);
}
