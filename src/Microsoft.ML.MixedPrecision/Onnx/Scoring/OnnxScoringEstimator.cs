using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Onnx.Scoring;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Applies an ONNX model to rows in batches; reached by <c>mlContext.MixedPrecision().Transforms.ApplyOnnxModel</c>.</summary>
/// <remarks>
/// <para>Any model whose inputs and outputs are tensors with the number of rows as first dimension: numbers, booleans and texts, Float16
/// included, which is given
/// and taken as Single. An input's size of −1 is open, as without a size; outputs whose shape has nothing to do with the number of rows are
/// left out: files of ML.NET's
/// own <c>ConvertToOnnx</c> have both. A column is a scalar for (N) and (N, 1), else a vector; keys are the unsigned numbers that ML.NET
/// stores.
/// A model that fixes the number of rows is run at that number, with zeros behind the last rows: rows must not depend on each other.</para>
/// <para>The file is checked before ONNX Runtime sees it, see <see cref="OnnxModelLimits"/>. The application brings ONNX Runtime's native
/// library:
/// the package <c>Microsoft.ML.OnnxRuntime</c>, or <c>Microsoft.ML.OnnxRuntime.Gpu</c>.</para>
/// </remarks>
public sealed class OnnxScoringEstimator : IEstimator<OnnxScoringTransformer>
{
    private readonly IHostEnvironment _env;
    private readonly Options _options;
    private readonly CheckedModel _model;
    private readonly ColumnMap _columns;

    internal OnnxScoringEstimator(IHostEnvironment env, Func<OnnxModelLimits, byte[]> read, Options? options)
    {
        _env = env;
        _options = options ?? new Options();
        _options.ThrowIfInvalid();
        _model = OnnxModelChecker.Check(read(_options.Limits), _options.Limits, _options.BatchSize);
        _columns = ColumnMap.Create(_model, _options.InputColumns, _options.OutputColumns);
    }

    /// <summary>Checks that the data have the columns that the model reads, and opens the model.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type or size.</exception>
    /// <exception cref="NotSupportedException">There is no native ONNX Runtime, or not the device asked for.</exception>
    /// <exception cref="InvalidOperationException">ONNX Runtime does not take the model.</exception>
    public OnnxScoringTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _columns.Bind(input.Schema);
        var transformer = new OnnxScoringTransformer(_env, _model, _columns)
        {
            Device = _options.Device,
            NumberOfThreads = _options.NumberOfThreads,
        };
        using var channel = _env.Register(nameof(OnnxScoringEstimator)).Start("Open");
        var (device, reason) = transformer.ChosenDevice();
        channel.Info("Device: {0} ({1})", device, reason);
        return transformer;
    }

    /// <summary>The columns behind the transformer.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var (port, name) in _columns.Inputs)
        {
            CheckShape(inputSchema, port, name);
        }

        var result = inputSchema.ToDictionary(column => column.Name);
        foreach (var (port, name) in _columns.Outputs)
        {
            var kind = ColumnMap.IsScalar(port) ? SchemaShape.Column.VectorKind.Scalar : SchemaShape.Column.VectorKind.Vector;
            result[name] = new SchemaShape.Column(name, kind, ElementTypes.ColumnType(port.Type)!, isKey: false);
        }

        return new SchemaShape(result.Values);
    }

    private static void CheckShape(SchemaShape schema, ModelPort port, string name)
    {
        if (!schema.TryFindColumn(name, out var column))
        {
            throw new ArgumentOutOfRangeException(nameof(schema), $"There is no column '{name}' for the model's input '{port.Name}'. "
                + $"Name another one by {nameof(Options.InputColumns)}.");
        }

        long width = column.Kind == SchemaShape.Column.VectorKind.VariableVector ? 0 : port.Width;
        if (ColumnMap.Misfit(port, name, column.ItemType, width, column.GetTypeString()) is { } misfit)
        {
            throw new ArgumentOutOfRangeException(nameof(schema), misfit);
        }
    }

    /// <summary>How a model is applied.</summary>
    public sealed class Options
    {
        /// <summary>Column of each of the model's inputs, by the input's name; an input that is not named, or any for null, reads the
        /// column of its own name.</summary>
        public IReadOnlyDictionary<string, string>? InputColumns { get; set; }

        /// <summary>
        /// Column of each of the model's outputs that is wanted, by the output's name, for example <c>["Score.output"] = "Score"</c>;
        /// others are not
        /// computed. Null for all, each as a column of its own name.
        /// </summary>
        public IReadOnlyDictionary<string, string>? OutputColumns { get; set; }

        /// <summary>Rows of a batch, from 1; by default 1024. A model that fixes the number of rows is run at that.</summary>
        public int BatchSize { get; set; } = 1024;

        /// <summary>Threads of the CPU, 1 to 1024; null for all cores.</summary>
        public int? NumberOfThreads { get; set; }

        /// <summary>
        /// Where to compute: <see cref="ComputeDevice.Auto"/> takes <c>MLContext.GpuDeviceId</c> where that is set, else the first GPU, if
        /// the application
        /// brought <c>Microsoft.ML.OnnxRuntime.Gpu</c> and it opens, else the CPU; an explicit device is never replaced by another.
        /// </summary>
        public ComputeDevice Device { get; set; } = ComputeDevice.Auto;

        /// <summary>What the file may ask for.</summary>
        public OnnxModelLimits Limits { get; set; } = new();

        internal void ThrowIfInvalid()
        {
            CountCheck.RequireRows(BatchSize, nameof(BatchSize));
            CountCheck.RequireThreads(NumberOfThreads, nameof(NumberOfThreads));
            ArgumentNullException.ThrowIfNull(Device);
            ArgumentNullException.ThrowIfNull(Limits);
            ArgumentNullException.ThrowIfNull(Limits.AdditionalOperators);
        }
    }
}
