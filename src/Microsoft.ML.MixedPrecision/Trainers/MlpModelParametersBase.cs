using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.MixedPrecision.Training;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained multilayer perceptron: Float32 weights, from a vector of features to the network's outputs.</summary>
/// <typeparam name="TOutput">What a prediction is.</typeparam>
/// <remarks>Safe for many threads. <see cref="Dispose"/> frees caches only: the model stays usable and makes them again.</remarks>
public abstract class MlpModelParametersBase<TOutput> : ModelParametersBase<TOutput>, INetworkModel, IDisposable, ISingleCanSaveOnnx
{
    private readonly NetworkModel _network;

    private protected MlpModelParametersBase(IHostEnvironment env, string name, Network network, bool softmax, TrainingResult? training)
        : base(env, name)
        => _network = new NetworkModel(env, network, softmax, training);

    private protected MlpModelParametersBase(IHostEnvironment env, string name, ModelLoadContext ctx, bool softmax)
        : base(env, name, ctx)
        => _network = new NetworkModel(env, NetworkFile.Read(ctx.Reader.BaseStream), softmax, training: null);

    /// <summary>Features that it takes.</summary>
    public int Inputs => _network.Definition.Inputs;

    /// <summary>Width of each hidden layer.</summary>
    public IReadOnlyList<int> HiddenLayers => _network.Definition.HiddenLayers;

    /// <summary>The function behind each hidden layer.</summary>
    public ActivationKind Activation => _network.Definition.Activation;

    /// <summary>What stands before each hidden layer's function.</summary>
    public NormalizationKind Normalization => _network.Definition.Normalization;

    NetworkModel INetworkModel.Network => _network;

    /// <summary>Outputs of the network.</summary>
    private protected int Outputs => _network.Definition.Outputs;

    /// <summary>Frees what was prepared for scoring; the next call prepares it again.</summary>
    public void Dispose()
    {
        _network.Dispose();
        GC.SuppressFinalize(this);
    }

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext context) => OnnxNetwork.CanWrite(context);

    bool ISingleCanSaveOnnx.SaveAsOnnx(OnnxContext context, string[] outputNames, string featureColumn)
        => OnnxNetwork.Write(context, outputNames, featureColumn, WriteLayers);

    /// <summary>Version and names in a model file.</summary>
    private protected abstract VersionInfo FileVersion { get; }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        base.SaveCore(ctx);
        ctx.SetVersionInfo(FileVersion);
        ctx.Writer.Flush();
        NetworkFile.Write(ctx.Writer.BaseStream, _network.Network);
    }

    /// <summary>A file's version: the signature is the task's.</summary>
    /// <param name="modelSignature">8 letters.</param>
    /// <param name="loaderSignature">The loader's name.</param>
    private protected static VersionInfo Version(string modelSignature, string loaderSignature) => new(
        modelSignature: modelSignature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: loaderSignature,
        loaderAssemblyName: typeof(MlpModelParametersBase<>).Assembly.FullName);

    /// <summary>Writes what stands behind the network's outputs.</summary>
    /// <param name="writer">Writes.</param>
    /// <param name="outputs">(N, outputs).</param>
    /// <returns>Values in the order in which ML.NET names its columns; null for one that its scorer writes.</returns>
    private protected abstract IReadOnlyList<OnnxValue?> WriteOutputs(OnnxNetworkWriter writer, OnnxValue outputs);

    /// <summary>Scores single rows.</summary>
    /// <returns>A function of features to the network's scores, for one thread.</returns>
    private protected RowScorer CreateRowScorer() => new(_network.CreateSession(1), Inputs, Outputs);

    private IReadOnlyList<OnnxValue?> WriteLayers(OnnxNetworkWriter writer, OnnxValue features)
    {
        if (_network.Training is not null)
        {
            writer.Metadata["mixedprecision.policy"] = _network.Training.Precision.ToString();
        }

        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        plan.Finish(_network.Network.Body.Build(plan, PlanBuilder.Input("features", Inputs, NumericFormat.Float32)));
        return WriteOutputs(writer, plan.WriteOnnx(writer, features));
    }
}
