using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.MixedPrecision.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

[assembly: LoadableClass(typeof(MlpModelParameters), null, typeof(SignatureLoadModel), "Multilayer perceptron", MlpModelParameters.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained multilayer perceptron: Float32 weights, from a vector of features to one probability a class.</summary>
/// <remarks>Safe for many threads. <see cref="Dispose"/> frees caches only: the model stays usable and makes them again.</remarks>
public sealed partial class MlpModelParameters : ModelParametersBase<VBuffer<float>>, IValueMapper, IDisposable
{
    internal const string LoaderSignature = "MixedPrecisionMlp";
    private const int AllThreads = 0;

    private readonly Network _network;
    private readonly Scorer _scorer;
    private readonly VectorDataViewType _inputType;
    private readonly VectorDataViewType _outputType;

    internal MlpModelParameters(IHostEnvironment env, Network network, TrainingResult? training)
        : base(env, LoaderSignature)
    {
        _network = network;
        Training = training;
        _scorer = new Scorer(network, AllThreads);
        _inputType = new VectorDataViewType(NumberDataViewType.Single, Inputs);
        _outputType = new VectorDataViewType(NumberDataViewType.Single, Classes);
    }

    private MlpModelParameters(IHostEnvironment env, ModelLoadContext ctx)
        : base(env, LoaderSignature, ctx)
    {
        _network = NetworkFile.Read(ctx.Reader.BaseStream);
        _scorer = new Scorer(_network, AllThreads);
        _inputType = new VectorDataViewType(NumberDataViewType.Single, Inputs);
        _outputType = new VectorDataViewType(NumberDataViewType.Single, Classes);
    }

    /// <summary>Features that it takes.</summary>
    public int Inputs => _network.Definition.Inputs;

    /// <summary>Width of each hidden layer.</summary>
    public IReadOnlyList<int> HiddenLayers => _network.Definition.HiddenLayers;

    /// <summary>The function behind each hidden layer.</summary>
    public ActivationKind Activation => _network.Definition.Activation;

    /// <summary>What stands before each hidden layer's function.</summary>
    public NormalizationKind Normalization => _network.Definition.Normalization;

    /// <summary>Classes that it tells apart.</summary>
    public int Classes => _network.Definition.Outputs;

    /// <summary>What happened in training; null after loading.</summary>
    internal TrainingResult? Training { get; }

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    DataViewType IValueMapper.InputType => _inputType;

    DataViewType IValueMapper.OutputType => _outputType;

    private static VersionInfo Version => new(
        modelSignature: "MPMLPNET",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(MlpModelParameters).Assembly.FullName);

    /// <summary>Frees what was prepared for scoring; the next call prepares it again.</summary>
    public void Dispose() => _scorer.Dispose();

    /// <summary>Where bulk <c>Transform</c> scores.</summary>
    internal ComputeDevice ScoringDevice { get; set; } = ComputeDevice.Auto;

    /// <summary>Memory to score batches with on the CPU, for one thread at a time.</summary>
    internal ScoringSession CreateSession(int maxRows) => _scorer.CreateSession(maxRows);

    /// <summary>Memory to score many rows with, on a card where one is wanted or, with <see cref="ComputeDevice.Auto"/>, there and worth it.</summary>
    /// <param name="rows">Rows of a batch on the CPU.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there.</exception>
    internal ScoringSession CreateBulkSession(int rows)
    {
        bool mayUseCard = ScoringDevice.IsCuda || (ScoringDevice.IsAuto && rows == ScoredDataView.RowsOfBatch(Inputs, Classes) && _scorer.IsWorthACard(rows));
        DeviceSelection? selection = mayUseCard ? DeviceSelection.Choose(ScoringDevice, Host) : null;
        return selection?.Card is null
            ? CreateSession(rows)
            : _scorer.TryCreateCardSession(rows, selection.Card.Ordinal, () => (CudaDevice)selection.Open(threads: 0))
                ?? (ScoringDevice.IsAuto ? CreateSession(rows) : throw new NotSupportedException($"'{ScoringDevice}' cannot score: it has no memory left, or is lost. Use ComputeDevice.Auto or ComputeDevice.Cpu."));
    }

    internal static MlpModelParameters Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        return new MlpModelParameters(env, ctx);
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        base.SaveCore(ctx);
        ctx.SetVersionInfo(Version);
        ctx.Writer.Flush();
        NetworkFile.Write(ctx.Writer.BaseStream, _network);
    }

    ValueMapper<TSource, TDestination> IValueMapper.GetMapper<TSource, TDestination>()
    {
        // A mapper serves one cursor, and so one thread.
        ScoringSession session = CreateSession(1);
        var dense = new float[Inputs];
        ValueMapper<VBuffer<float>, VBuffer<float>> map = (in VBuffer<float> features, ref VBuffer<float> scores) =>
        {
            features.CopyTo(dense);
            VBufferEditor<float> editor = VBufferEditor.Create(ref scores, Classes);
            session.Run(dense, 1, editor.Values);
            GC.KeepAlive(session); // Nobody disposes a mapper's session: not to be collected, and its memory freed, while it runs.
            scores = editor.Commit();
        };
        return (ValueMapper<TSource, TDestination>)(Delegate)map;
    }
}
