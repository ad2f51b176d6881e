using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Onnx.Scoring;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(OnnxScoringTransformer),
    null,
    typeof(SignatureLoadModel),
    "ONNX model, scored in batches",
    OnnxScoringTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>Applies an ONNX model to rows in batches; made by <see cref="OnnxScoringEstimator"/>, or loaded from a saved ML.NET model,
/// which holds the ONNX file.</summary>
/// <remarks>
/// Rows are read ahead and run a batch at a time; prediction engines run them one by one. All columns of the data stay. Cursors and threads
/// share one
/// session of ONNX Runtime. Safe for many threads. <see cref="Dispose"/> closes the session when the last cursor is done; scoring
/// afterwards opens it again.
/// A loaded model is checked anew, with the default <see cref="OnnxModelLimits"/> or those of
/// <see cref="MixedPrecisionModelCatalog.Load(string, OnnxModelLimits, out DataViewSchema)"/>;
/// <c>mlContext.Model.Load</c> wraps a refusal in a <see cref="System.Reflection.TargetInvocationException"/>.
/// </remarks>
public sealed class OnnxScoringTransformer : RowToRowTransformerBase, ITransformer, IDisposable
{
    internal const string LoaderSignature = "MixedPrecisionOnnx";
    private const string ModelSignature = "MPONNXSC";
    private const string ModelFile = "Model.onnx";

    internal OnnxScoringTransformer(IHostEnvironment env, CheckedModel model, ColumnMap columns)
        : base(env.Register(LoaderSignature))
    {
        Scorer = new OnnxScorer(model, columns, new OnnxScoringSession(env, model));
    }

    /// <summary>Where to compute: <see cref="ComputeDevice.Auto"/> takes a GPU where the application brought its package, else the CPU. Not
    /// saved with the model.</summary>
    public ComputeDevice Device
    {
        get => Scorer.Session.Device;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Scorer.Session.Device = value;
        }
    }

    /// <summary>Threads of the CPU, 1 to 1024; null for all cores. Not saved with the model.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1 or above 1024.</exception>
    public int? NumberOfThreads
    {
        get => Scorer.Session.NumberOfThreads;
        set
        {
            CountCheck.RequireThreads(value, nameof(NumberOfThreads));
            Scorer.Session.NumberOfThreads = value;
        }
    }

    /// <summary>Rows of a batch: those asked for, or those that the model fixes.</summary>
    public int BatchSize => Scorer.Model.BatchSize;

    internal OnnxScorer Scorer { get; }

    /// <summary>Where it computes, and why there; opens the session if it is not open.</summary>
    /// <exception cref="NotSupportedException">There is no native library, or not the device asked for.</exception>
    /// <exception cref="InvalidOperationException">ONNX Runtime does not take the model.</exception>
    public (ComputeDevice Device, string Reason) ChosenDevice()
    {
        using var lease = Scorer.Session.Rent();
        return (lease.Device, lease.Reason);
    }

    /// <summary>Applies the model, lazily, as the result is read.</summary>
    /// <param name="input">Data with the columns that the model's inputs are read from.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type or size.</exception>
    public new IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new OnnxScoredView(Scorer, input, MakeDataTransform(input));
    }

    /// <summary>Closes the session as soon as nobody scores with it; scoring afterwards opens it again.</summary>
    public void Dispose() => Scorer.Session.Dispose();

    private static VersionInfo Version() => new(
        modelSignature: ModelSignature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(OnnxScoringTransformer).Assembly.FullName);

    /// <summary>Loads from an ML.NET model: batch size, columns of inputs and of outputs, and the ONNX file.</summary>
    internal static OnnxScoringTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        int batchSize = ctx.Reader.ReadInt32();
        if (batchSize < 1)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The model file is damaged and cannot be "
                + $"loaded: its batch size is {batchSize}. Use an undamaged copy of the file, or save the model again."));
        }

        var inputs = LoadNames(ctx);
        var outputs = LoadNames(ctx);
        var limits = OnnxLoadingLimits.Current;
        byte[] file = [];
        if (!ctx.TryLoadBinaryStream(ModelFile, reader => file = OnnxModelChecker.Read(reader.BaseStream, limits)))
        {
            throw new InvalidDataException($"The model file is damaged and cannot be loaded: it has no entry '{ModelFile}'. Use an "
                + $"undamaged copy of the file, or save the model again.");
        }

        var model = OnnxModelChecker.Check(file, limits, batchSize);
        return new OnnxScoringTransformer(env, model, ColumnMap.Create(model, inputs, outputs));
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new OnnxRowMapper(this, schema);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version());
        ctx.Writer.Write(BatchSize);
        SaveNames(ctx, Scorer.Columns.Inputs);
        SaveNames(ctx, Scorer.Columns.Outputs);
        ctx.SaveBinaryStream(ModelFile, writer => writer.Write(Scorer.Model.ToBytes()));
    }

    private static void SaveNames(ModelSaveContext ctx, IReadOnlyList<(ModelPort Port, string Column)> columns)
    {
        ctx.Writer.Write(columns.Count);
        foreach (var (port, column) in columns)
        {
            ctx.SaveNonEmptyString(port.Name);
            ctx.SaveNonEmptyString(column);
        }
    }

    private static Dictionary<string, string> LoadNames(ModelLoadContext ctx)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int count = ctx.Reader.ReadInt32(); count > 0; count--)
        {
            names[ctx.LoadNonEmptyString()] = ctx.LoadNonEmptyString();
        }

        return names;
    }
}
