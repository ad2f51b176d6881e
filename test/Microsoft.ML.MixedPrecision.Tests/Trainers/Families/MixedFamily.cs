using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>An invented family over several columns, numbers and a text, whose values are learned at <c>Fit</c>.</summary>
internal abstract class MixedOptions : NetworkTrainerOptions
{
    /// <summary>Columns of Single.</summary>
    public IReadOnlyList<string> NumberColumnNames { get; set; } = ["Left", "Right", "Noise"];

    /// <summary>A column of text.</summary>
    public string TextColumnName { get; set; } = "Group";

    internal override NetworkFamily CreateFamily() => new MixedFamily(this);
}

/// <inheritdoc cref="MixedOptions"/>
internal sealed class MixedFamily(MixedOptions options) : NetworkFamily
{
    public override string FeatureColumn => string.Join(", ", options.NumberColumnNames.Append(options.TextColumnName));

    public override IEstimator<ITransformer> CreateMapper(IHostEnvironment env)
        => new ValueToKeyMappingEstimator(env, FeatureColumn, options.TextColumnName)
            .Append(new KeyToVectorMappingEstimator(env, FeatureColumn))
            .Append(new ColumnConcatenatingEstimator(env, FeatureColumn, [.. options.NumberColumnNames, FeatureColumn]));

    public override void Check() => OptionRules.RequireName(options.TextColumnName, nameof(options.TextColumnName), "Group");

    public override string Text => "Layers";

    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
        => FunnelFamily.Funnel(inputs, outputs, 16, prepared as NumbersInput);
}

internal sealed class MixedMulticlassTrainer(IHostEnvironment env, MixedMulticlassTrainer.Options options)
    : NetworkTrainer<NetworkMulticlassTransformer, NetworkMulticlassModelParameters>(
        env, nameof(MixedMulticlassTrainer), MulticlassTask.Of(Checked(options)))
{
    internal sealed class Options : MixedOptions, IMulticlassOptions
    {
        public IReadOnlyDictionary<string, float>? ClassWeights { get; set; }

        public float LabelSmoothing { get; set; }
    }
}

internal sealed class MixedBinaryTrainer(IHostEnvironment env, MixedBinaryTrainer.Options options)
    : NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters>(
        env, nameof(MixedBinaryTrainer), BinaryTask.Of(Checked(options)))
{
    internal sealed class Options : MixedOptions, IBinaryOptions
    {
        public float PositiveClassWeight { get; set; } = 1;

        public float LabelSmoothing { get; set; }
    }
}

internal sealed class MixedRegressionTrainer(IHostEnvironment env, MixedRegressionTrainer.Options options)
    : NetworkTrainer<NetworkRegressionTransformer, NetworkRegressionModelParameters>(
        env, nameof(MixedRegressionTrainer), RegressionTask.Of(Checked(options)))
{
    internal sealed class Options : MixedOptions, IRegressionOptions
    {
        public RegressionLoss Loss { get; set; }

        public float HuberDelta { get; set; } = 1;

        public bool StandardizeLabel { get; set; } = true;
    }
}
