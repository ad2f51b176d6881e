using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>An invented family over one column: layers that halve.</summary>
internal abstract class FunnelOptions : NetworkTrainerOptions
{
    public string FeatureColumnName { get; set; } = DefaultColumnNames.Features;

    /// <summary>Width of the first layer.</summary>
    public int Width { get; set; } = 16;

    internal override NetworkFamily CreateFamily() => new FunnelFamily(this);
}

/// <inheritdoc cref="FunnelOptions"/>
internal sealed class FunnelFamily(FunnelOptions options) : NetworkFamily
{
    public override string FeatureColumn => options.FeatureColumnName;

    public override void Check() => OptionRules.RequireAtLeast(options.Width, 2, nameof(options.Width));

    public override string Text => $"Width {options.Width}";

    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
        => Funnel(inputs, outputs, options.Width, prepared as NumbersInput);

    /// <summary>What no perceptron of the library is: layers of two kinds of activation, the first one normalised.</summary>
    public static NetworkSpec Funnel(int inputs, int outputs, int width, NumbersInput? prepared) => new(
        [prepared ?? new NumbersInput(RowSchema.Features, inputs, Scaling: FeatureScaling.Standard)],
        [
            new LinearSpec("wide", width),
            new LayerNormSpec("wide.norm"),
            new ActivationSpec("wide.activation", ActivationKind.Silu),
            new LinearSpec("narrow", width / 2),
            new ActivationSpec("narrow.activation", ActivationKind.Tanh),
            new LinearSpec("scores", outputs),
        ]);
}

internal sealed class FunnelMulticlassTrainer(IHostEnvironment env, FunnelMulticlassTrainer.Options options)
    : NetworkTrainer<NetworkMulticlassTransformer, NetworkMulticlassModelParameters>(
        env, nameof(FunnelMulticlassTrainer), MulticlassTask.Of(Checked(options)))
{
    internal sealed class Options : FunnelOptions, IMulticlassOptions
    {
        public IReadOnlyDictionary<string, float>? ClassWeights { get; set; }

        public float LabelSmoothing { get; set; }
    }
}

internal sealed class FunnelBinaryTrainer(IHostEnvironment env, FunnelBinaryTrainer.Options options)
    : NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters>(
        env, nameof(FunnelBinaryTrainer), BinaryTask.Of(Checked(options)))
{
    internal sealed class Options : FunnelOptions, IBinaryOptions
    {
        public float PositiveClassWeight { get; set; } = 1;

        public float LabelSmoothing { get; set; }
    }
}

internal sealed class FunnelRegressionTrainer(IHostEnvironment env, FunnelRegressionTrainer.Options options)
    : NetworkTrainer<NetworkRegressionTransformer, NetworkRegressionModelParameters>(
        env, nameof(FunnelRegressionTrainer), RegressionTask.Of(Checked(options)))
{
    internal sealed class Options : FunnelOptions, IRegressionOptions
    {
        public RegressionLoss Loss { get; set; }

        public float HuberDelta { get; set; } = 1;

        public bool StandardizeLabel { get; set; } = true;
    }
}
