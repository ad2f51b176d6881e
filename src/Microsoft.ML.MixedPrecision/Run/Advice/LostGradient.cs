using System.Globalization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>
/// Finds training whose Float16 gradients get lost below 6.1e-5, where Float16 loses precision, and 3e-8, where it has 0 alone. The range
/// probes raise the suspicion; but zeros are
/// also what activation functions and dropout leave, rows that are learned have small gradients, and of a loss's gradient that is 0 itself
/// nothing more gets lost. So the
/// suspicion is tried: one micro-batch on the CPU, from the loss on, in the policy's formats under the loss scale and in Float32. Lost is
/// what differs:
/// ‖g₁₆/S − g₃₂‖ ÷ ‖g₃₂‖ over all parameters.
/// </summary>
/// <param name="network">The network that training stores its weights in.</param>
/// <param name="options">How it trains.</param>
/// <param name="rule">Its loss scale.</param>
/// <param name="train">Its rows.</param>
/// <param name="order">Which of them train.</param>
internal sealed class LostGradient(Network network, TrainingOptions options, LossScaleRule rule, RowStore train, RowOrder order)
{
    /// <summary>Share of a gradient above which the probes raise the suspicion: of what is not 0, values below Float16's smallest normal
    /// number.</summary>
    private const double MostBelowNormal = 0.5;

    /// <summary>The same for zeros, of which activation functions and dropout make many.</summary>
    private const double MostZeros = 0.99;

    /// <summary>Share of the gradient's norm whose loss is told.</summary>
    private const double MostLost = 0.5;

    /// <summary>A run is tried twice: when the suspicion first comes up, and at its end.</summary>
    private bool _isTried;
    private bool _isSaid;

    /// <summary>What has been tried and said.</summary>
    public LostGradientState Capture() => new(_isTried, _isSaid);

    /// <summary>Goes on from there.</summary>
    /// <param name="state">What had been tried and said.</param>
    public void Resume(LostGradientState state) => (_isTried, _isSaid) = (state.IsTried, state.IsSaid);

    /// <summary>Looks at an epoch.</summary>
    /// <param name="plan">The training, between two steps.</param>
    /// <param name="isLast">Whether no epoch follows.</param>
    /// <returns>What a person should know; null if there is nothing.</returns>
    public string? Look(TrainingPlan plan, bool isLast)
    {
        if (rule.Kind == LossScaleKind.None || _isSaid || (_isTried && !isLast))
        {
            return null;
        }

        ValueRange? range = plan.Ranges.FirstOrDefault(IsSuspicious);
        if (range is null)
        {
            return null;
        }

        _isTried = true;
        plan.Store();
        float scale = plan.Scale.Scale;
        double lost = Measure(plan.BatchRows, scale);
        _isSaid = lost > MostLost;
        return _isSaid ? Text(scale, lost, range) : null;
    }

    /// <summary>Whether a gradient in Float16 is mostly below its normal numbers.</summary>
    internal static bool IsSuspicious(ValueRange range)
        => range.Format == NumericFormat.Float16
            && range.Name.EndsWith(".gradient", StringComparison.Ordinal)
            && (range.BelowNormal > MostBelowNormal || range.Zeros > MostZeros);

    private string Text(float scale, double lost, ValueRange range) => string.Create(
        CultureInfo.InvariantCulture,
        $"Under the loss scale of {scale} the gradient in Float16 is off by {lost:P0} of its size, compared with Float32 on a batch: "
            + $"of '{range.Name}' {range.Zeros:P0} are 0, and of the rest {range.BelowNormal:P0} below 6.1e-5. ")
        + (rule.Kind == LossScaleKind.Static
            ? "Use LossScaling.Auto, which looks for a scale, LossScaling.Measured(), or a larger LossScaling.Static; "
            : "The scale was lowered by rows whose gradients overflow: divide large weights by a constant, or limit labels and features; ")
        + "or use PrecisionPolicy.MixedBFloat16, which has the range of Float32.";

    /// <summary>The share that is lost; 0 where it cannot be told: without memory for two more plans, or where a value is not
    /// finite.</summary>
    private double Measure(int batch, float scale)
    {
        int[] rows = new int[order.TrainRows];
        order.Fill(1, rows);
        try
        {
            int positions = checked((int)train.PositionsOf(rows.AsSpan(0, Math.Min(options.StepRows, rows.Length))));
            using TrainingPlan exact = Backward(rows.AsSpan(0, batch), positions, PrecisionPolicy.Float32, LossScaleRule.None);
            using TrainingPlan stored = Backward(rows.AsSpan(0, batch), positions, options.Precision, LossScaleRule.Static(scale));
            (double error, double norm) = (0, 0);
            foreach (Parameter parameter in network.Parameters)
            {
                (double errorOfOne, double normOfOne) = Difference(
                    stored.Parameters.Gradient(parameter),
                    scale,
                    exact.Parameters.Gradient(parameter));
                (error, norm) = (error + errorOfOne, norm + normOfOne);
            }

            return norm > 0 && double.IsFinite(error) ? Math.Sqrt(error / norm) : 0;
        }
        catch (InsufficientMemoryException)
        {
            return 0;
        }
    }

    /// <summary>A plan with the gradients of a micro-batch of a step of so many labelled positions.</summary>
    private TrainingPlan Backward(ReadOnlySpan<int> rows, int positions, PrecisionPolicy policy, LossScaleRule scale)
    {
        var settings = new PlanSettings(policy, scale, options.OptimizerSettings, rows.Length)
        {
            Loss = options.Loss,
            Seed = options.Seed,
        };
        var plan = new TrainingPlan(network, settings.For(train), train.Device);
        plan.Steps.BeginEpoch(train, rows);
        plan.Steps.Take(
            new StepRequest(rows.Length) { Positions = positions },
            SegmentWork.Gradients);
        plan.Steps.Synchronize();
        return plan;
    }

    /// <summary>Σ(g ÷ S − g₃₂)² and Σg₃₂² over one parameter.</summary>
    private static unsafe (double Error, double Norm) Difference(Tensor stored, float scale, Tensor exact)
    {
        (double error, double norm) = (0, 0);
        for (int row = 0; row < exact.Rows; row++)
        {
            float* g = (float*)stored.Row(row), g32 = (float*)exact.Row(row);
            for (int column = 0; column < exact.Columns; column++)
            {
                double difference = (g[column] / (double)scale) - g32[column];
                error += difference * difference;
                norm += (double)g32[column] * g32[column];
            }
        }

        return (error, norm);
    }
}
