using System.Numerics.Tensors;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>
/// An endless table that is made up while it is read, cheaply enough to measure others: row i has the features aᵢ + bᵢ, with a from 4096
/// and b
/// from 4099 random vectors in turn, so that more than 16 million rows differ; its class is the largest output of a random network
/// 100-16-10 (ReLU), of which the part before the ReLU is known for every a and b; a tenth of the classes are then drawn at random.
/// </summary>
internal sealed class Teacher
{
    /// <summary>Features of a row; multiples of 0.001, normally distributed with deviation 1.</summary>
    public const int Features = 100;

    /// <summary>Classes.</summary>
    public const int Classes = 10;

    /// <summary>Rows to train on at most; rows from here on are for tests.</summary>
    public const int MostRows = 16_000_000;

    private const int FirstVectors = 4096;
    private const int SecondVectors = 4099;
    private const int Hidden = 16;
    private const int Sampled = 4096;
    private const ulong NoiseOneIn = 10;

    private readonly ulong _seed;
    private readonly float[] _features;
    private readonly float[] _hidden;
    private readonly float[] _output = new float[Classes * Hidden];
    private readonly float[] _offset = new float[Classes];

    /// <summary>Draws vectors and network.</summary>
    /// <param name="seed">The same seed gives the same table.</param>
    public Teacher(int seed)
    {
        _seed = (ulong)(uint)seed << 32;
        var random = new Random(seed);
        float[] input = new float[Hidden * Features];
        Normal.Fill(random, input);
        Normal.Fill(random, _output);
        _features = new float[(FirstVectors + SecondVectors) * Features];
        _hidden = new float[(FirstVectors + SecondVectors) * Hidden];
        Normal.Fill(random, _features);
        for (int i = 0; i < _features.Length; i++)
        {
            _features[i] = MathF.Round(_features[i] * MathF.Sqrt(0.5f), 3);
        }

        for (int i = 0; i < FirstVectors + SecondVectors; i++)
        {
            for (int j = 0; j < Hidden; j++)
            {
                _hidden[(i * Hidden) + j] = TensorPrimitives.Dot<float>(
                    _features.AsSpan(i * Features, Features),
                    input.AsSpan(j * Features, Features));
            }
        }

        Balance();
    }

    /// <summary>Makes a row up.</summary>
    /// <param name="row">Its number, from 0.</param>
    /// <param name="features">Receives its features.</param>
    /// <returns>Its class, from 0.</returns>
    public int Read(long row, Span<float> features)
    {
        (int first, int second) = Vectors(row);
        TensorPrimitives.Add(_features.AsSpan(first * Features, Features), _features.AsSpan(second * Features, Features), features);
        ulong noise = Mix(_seed + (ulong)row);
        if (noise % NoiseOneIn == 0)
        {
            return (int)(noise / NoiseOneIn % Classes);
        }

        Span<float> outputs = stackalloc float[Classes];
        Outputs(row, outputs);
        return TensorPrimitives.IndexOfMax<float>(outputs);
    }

    private static (int First, int Second) Vectors(long row) => ((int)(row % FirstVectors), FirstVectors + (int)(row % SecondVectors));

    /// <summary>A number that looks random, from each number another one (Steele, Lea and Flood, 2014: SplitMix64).</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private void Outputs(long row, Span<float> outputs)
    {
        (int first, int second) = Vectors(row);
        Span<float> hidden = stackalloc float[Hidden];
        TensorPrimitives.Add(_hidden.AsSpan(first * Hidden, Hidden), _hidden.AsSpan(second * Hidden, Hidden), hidden);
        TensorPrimitives.Max(hidden, 0f, hidden);
        for (int c = 0; c < Classes; c++)
        {
            outputs[c] = TensorPrimitives.Dot<float>(hidden, _output.AsSpan(c * Hidden, Hidden)) - _offset[c];
        }
    }

    /// <summary>Gives every output mean 0 and deviation 1, so that all classes are about equally frequent.</summary>
    private void Balance()
    {
        float[][] samples = [.. Enumerable.Range(0, Sampled).Select(i =>
        {
            float[] outputs = new float[Classes];
            Outputs(i * (long)(MostRows / Sampled), outputs);
            return outputs;
        })];
        for (int c = 0; c < Classes; c++)
        {
            double[] values = [.. samples.Select(outputs => (double)outputs[c])];
            double deviation = Statistics.Deviation(values);
            _offset[c] = (float)(values.Average() / deviation);
            Span<float> weights = _output.AsSpan(c * Hidden, Hidden);
            TensorPrimitives.Divide(weights, (float)deviation, weights);
        }
    }
}
