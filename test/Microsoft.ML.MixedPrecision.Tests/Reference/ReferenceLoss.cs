using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Losses;

namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Forward pass and loss of a network in double precision, written from the formulas: Σ wᵢ·ℓ(zᵢ, yᵢ) ÷
/// rows.</summary>
internal sealed unsafe class ReferenceLoss
{
    private readonly double[][] _x;
    private readonly double[][] _targets;
    private readonly LossRow _loss;
    private readonly float[] _weights;
    private readonly NetworkSpec _spec;
    private readonly Parameter[] _parameters;
    private readonly double[][] _values;

    /// <summary>Takes copies of all rows of a store and of a network's parameters; the loss is cross-entropy unless another is
    /// given.</summary>
    public ReferenceLoss(RowStore store, Network network, LossRow? loss = null)
    {
        _loss = loss ?? LossTable.Plain;
        int[] targets = new int[store.Rows * store.TargetWords];
        _weights = [.. Enumerable.Repeat(1f, store.Rows)];
        using var device = new CpuDevice(1);
        int pitch = Tensor.PitchOf(store.Features, NumericFormat.Float32);
        using DeviceMemory memory = device.Allocate((long)store.Rows * pitch * sizeof(float));
        var x = new Tensor(memory.Address, NumericFormat.Float32, store.Rows, store.Features, pitch);
        store.Gather([.. Enumerable.Range(0, store.Rows)], x, targets, store.HasWeights ? _weights : default);
        _x = [.. Enumerable.Range(0, store.Rows).Select(
            row => new ReadOnlySpan<float>(x.Row(row), store.Features).ToArray().Select(value => (double)value).ToArray())];
        _targets = [
            .. targets.Chunk(store.TargetWords).Select(
                words => words.Select(
                    word => _loss.Loss.TargetKind == TargetKind.Class ? word : (double)BitConverter.Int32BitsToSingle(word)).ToArray())];
        _spec = network.Spec;
        _parameters = [.. network.Parameters];
        _values = [.. _parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];
    }

    /// <summary>The loss.</summary>
    public double Loss()
    {
        double loss = 0;
        double[][] logits = Logits();
        for (int row = 0; row < _x.Length; row++)
        {
            loss += _weights[row] * _loss.RowLoss(logits[row], _targets[row]);
        }

        return loss / _x.Length;
    }

    /// <summary>Share of right answers, of which a row has as many as targets.</summary>
    public double Accuracy()
        => Logits().Zip(_targets).Sum(row => _loss.Correct(row.First, row.Second)) / ((double)_x.Length * _targets[0].Length);

    /// <summary>Central difference with respect to one element of a parameter.</summary>
    public double Derivative(Parameter parameter, int element)
    {
        const double Step = 1e-6;
        double[] values = _values[Array.IndexOf(_parameters, parameter)];
        double kept = values[element];
        values[element] = kept + Step;
        double above = Loss();
        values[element] = kept - Step;
        double below = Loss();
        values[element] = kept;
        return (above - below) / (2 * Step);
    }

    /// <summary>The logits of all rows; a batch normalisation takes its statistics from them, as training does.</summary>
    public double[][] Logits()
    {
        int next = 0;
        return Forward(_spec.Layers, _x, ref next);
    }

    /// <summary>What layers one behind the other give.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="x">The rows.</param>
    /// <param name="next">The first parameter that no layer has used yet.</param>
    private double[][] Forward(IEnumerable<LayerSpec> layers, double[][] x, ref int next)
    {
        foreach (LayerSpec layer in layers)
        {
            switch (layer)
            {
                case LinearSpec:
                    x = Products(x, next);
                    next += 2;
                    break;
                case LayerNormSpec { Epsilon: var epsilon }:
                    (double[] scale, double[] shift) = (_values[next], _values[next + 1]);
                    x = [.. x.Select(row => ReferenceMath.LayerNorm(row, scale, shift, epsilon ?? 1e-5))];
                    next += 2;
                    break;
                case BatchNormSpec:
                    x = ReferenceMath.BatchNorm(x, _values[next], _values[next + 1]);
                    next += 2;
                    break;
                case ActivationSpec { Function: var function }:
                    x = [.. x.Select(row => row.Select(value => ReferenceMath.Activation(function, value)).ToArray())];
                    break;
                case ResidualSpec residual:
                    double[][] y = Forward(residual.Layers, x, ref next);
                    x = [.. x.Zip(y, (shortcut, branch) => shortcut.Zip(branch, (a, b) => a + b).ToArray())];
                    break;
                default:
                    throw new NotSupportedException($"There is no formula for {layer}; give it one.");
            }
        }

        return x;
    }

    private double[][] Products(double[][] x, int next) => [.. x.Select(row => Product(row, _values[next], _values[next + 1]))];

    private static double[] Product(double[] x, double[] weight, double[] bias)
        => [.. bias.Select((b, i) => b + x.Select((value, j) => value * weight[(i * x.Length) + j]).Sum())];
}
