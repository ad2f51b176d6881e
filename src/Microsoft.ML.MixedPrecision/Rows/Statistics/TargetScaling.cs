using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Mean µₜ = Σwy/Σw and deviation σₜ of each target over the rows of a store, w their weights (σₜ² = Σw(y − µₜ)²/Σw, and 1 where all are
/// equal; rows of weight 0 do not count, and
/// all are alike where the store has no weights): a network learns (y − µₜ)/σₜ, and
/// its last layer is changed afterwards so that it gives y itself: W ← σₜ·W, b ← σₜ·b + µₜ, target by target. Float64 arithmetic.
/// </summary>
internal sealed class TargetScaling
{
    private readonly double[] _mean;
    private readonly double[] _deviation;

    /// <summary>Takes what was measured before.</summary>
    /// <param name="mean">µ of each target.</param>
    /// <param name="deviation">σ of each target.</param>
    public TargetScaling(double[] mean, double[] deviation) => (_mean, _deviation) = (mean, deviation);

    /// <summary>µ of each target.</summary>
    public IReadOnlyList<double> Mean => _mean;

    /// <summary>σ of each target.</summary>
    public IReadOnlyList<double> Deviation => _deviation;

    /// <summary>Measures the rows of a store, in two passes.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="heldBack">Numbers of rows that do not train, and so do not count; at least one row of a weight above 0 is not among
    /// them.</param>
    public static TargetScaling Measure(RowStore store, ReadOnlySpan<int> heldBack)
    {
        int[] rows = TrainingRows(store, heldBack);
        double weights = rows.Sum(row => (double)store.Weight(row));
        double[] mean = new double[store.TargetWords], squares = new double[store.TargetWords];
        foreach (int row in rows)
        {
            ReadOnlySpan<float> targets = Targets(store, row);
            double share = store.Weight(row) / weights;
            for (int target = 0; target < mean.Length; target++)
            {
                mean[target] += targets[target] * share;
            }
        }

        bool[] varies = new bool[mean.Length];
        ReadOnlySpan<float> first = Targets(store, rows[0]);
        foreach (int row in rows)
        {
            ReadOnlySpan<float> targets = Targets(store, row);
            double share = store.Weight(row) / weights;
            for (int target = 0; target < mean.Length; target++)
            {
                varies[target] |= targets[target] != first[target];
                double difference = targets[target] - mean[target];
                squares[target] += difference * difference * share;
            }
        }

        // The mean of equal numbers is rounded, and what is left of them then is no deviation.
        return new TargetScaling(mean, [.. squares.Zip(varies, (square, varied) => varied ? Math.Sqrt(square) : 1)]);
    }

    /// <summary>Replaces the targets of a store by what the network learns.</summary>
    public void Apply(RowStore store)
    {
        for (int row = 0; row < store.Rows; row++)
        {
            Span<float> targets = Targets(store, row);
            for (int target = 0; target < targets.Length; target++)
            {
                targets[target] = (float)((targets[target] - _mean[target]) / _deviation[target]);
            }
        }
    }

    /// <summary>Changes a network that gives what was learned into one that gives the label.</summary>
    public void Fold(Network network)
        => Change(network, (value, target) => value * _deviation[target], (value, target) => (value * _deviation[target]) + _mean[target]);

    /// <summary>The reverse of <see cref="Fold"/>, before a network goes on learning.</summary>
    public void Unfold(Network network)
        => Change(network, (value, target) => value / _deviation[target], (value, target) => (value - _mean[target]) / _deviation[target]);

    private static int[] TrainingRows(RowStore store, ReadOnlySpan<int> heldBack)
    {
        bool[] isHeldBack = new bool[store.Rows];
        foreach (int row in heldBack)
        {
            isHeldBack[row] = true;
        }

        return [.. Enumerable.Range(0, store.Rows).Where(row => !isHeldBack[row] && store.Weight(row) > 0)];
    }

    private void Change(Network network, Func<double, int, double> weight, Func<double, int, double> bias)
    {
        float[] weights = network.OutputLayer.Weight.Values, biases = network.OutputLayer.Bias.Values;
        int inputs = weights.Length / biases.Length;
        for (int unit = 0; unit < biases.Length; unit++)
        {
            // Each member has an output for each target.
            int target = unit % _mean.Length;
            foreach (ref float value in weights.AsSpan(unit * inputs, inputs))
            {
                value = (float)weight(value, target);
            }

            biases[unit] = (float)bias(biases[unit], target);
        }
    }

    private static Span<float> Targets(RowStore store, int row) => MemoryMarshal.Cast<int, float>(store.Targets(row));
}
