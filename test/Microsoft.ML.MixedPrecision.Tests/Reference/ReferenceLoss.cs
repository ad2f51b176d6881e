using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Forward pass and loss of a multilayer perceptron in double precision, written from the formulas: Σ wᵢ(log Σⱼ exp zᵢⱼ − zᵢ,label) ÷ rows.</summary>
internal sealed unsafe class ReferenceLoss
{
    private readonly double[][] _x;
    private readonly int[] _labels;
    private readonly float[] _weights;
    private readonly ActivationKind _activation;
    private readonly Parameter[] _parameters;
    private readonly double[][] _values;

    /// <summary>Takes copies of all rows of a store and of a network's parameters.</summary>
    public ReferenceLoss(ExampleStore store, Network network)
    {
        _labels = new int[store.Rows];
        _weights = [.. Enumerable.Repeat(1f, store.Rows)];
        using var device = new CpuDevice(1);
        int pitch = Tensor.PitchOf(store.Features, NumericFormat.Float32);
        using DeviceMemory memory = device.Allocate((long)store.Rows * pitch * sizeof(float));
        var x = new Tensor(memory.Address, NumericFormat.Float32, store.Rows, store.Features, pitch);
        store.Gather([.. Enumerable.Range(0, store.Rows)], x, _labels, store.HasWeights ? _weights : default);
        _x = [.. Enumerable.Range(0, store.Rows).Select(row => new ReadOnlySpan<float>(x.Row(row), store.Features).ToArray().Select(value => (double)value).ToArray())];
        _activation = network.Definition.Activation;
        _parameters = [.. network.Parameters];
        _values = [.. _parameters.Select(parameter => parameter.Values.Select(value => (double)value).ToArray())];
    }

    /// <summary>The loss.</summary>
    public double Loss()
    {
        double loss = 0;
        for (int row = 0; row < _x.Length; row++)
        {
            double[] logits = Logits(_x[row]);
            double largest = logits.Max();
            loss += _weights[row] * (largest + Math.Log(logits.Sum(z => Math.Exp(z - largest))) - logits[_labels[row]]);
        }

        return loss / _x.Length;
    }

    /// <summary>Share of rows whose first largest logit is the label's.</summary>
    public double Accuracy()
        => Enumerable.Range(0, _x.Length).Average(row => Logits(_x[row]) is var logits && Array.IndexOf(logits, logits.Max()) == _labels[row] ? 1.0 : 0.0);

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

    private double[] Logits(double[] x)
    {
        for (int layer = 0; layer < _values.Length; layer += 2)
        {
            double[] input = x;
            double[] weight = _values[layer];
            double[] z = [.. _values[layer + 1].Select((bias, i) => bias + input.Select((value, j) => value * weight[(i * input.Length) + j]).Sum())];
            x = layer + 2 == _values.Length ? z : [.. z.Select(value => ReferenceMath.Activation(_activation, value))];
        }

        return x;
    }
}
