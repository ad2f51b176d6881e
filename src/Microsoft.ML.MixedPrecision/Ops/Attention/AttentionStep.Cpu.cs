using System.Buffers;
using System.Numerics.Tensors;
using Tensor = Microsoft.ML.MixedPrecision.Tensors.Tensor;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Attention of the last step of an example, whose keys and values of all steps are kept: of each head y = Σⱼ pⱼ·vⱼ with p the
/// softmax of q·kⱼ/√D, all in Float32. The work is as long as the example, where all its steps at once would take the square.</summary>
internal static unsafe class AttentionStep
{
    /// <summary>y, after the step's own keys and values have been kept.</summary>
    /// <param name="shape">Of one row.</param>
    /// <param name="qkv">(1, 3·H·D), Float32.</param>
    /// <param name="kept">Keys and values of each step, H·D of each, the last step's unwritten.</param>
    /// <param name="y">(1, H·D), Float32.</param>
    public static void Run(in AttentionShape shape, in Tensor qkv, Span<float> kept, in Tensor y)
    {
        int columns = shape.Columns, pair = 2 * columns, steps = kept.Length / pair;
        var row = new ReadOnlySpan<float>(qkv.Row(0), 3 * columns);
        row[columns..].CopyTo(kept[^pair..]);
        float[] rented = ArrayPool<float>.Shared.Rent(steps);
        Span<float> weights = rented.AsSpan(0, steps);
        for (int head = 0; head < shape.Heads; head++)
        {
            int at = head * shape.HeadSize;
            ReadOnlySpan<float> query = row.Slice(at, shape.HeadSize);
            for (int step = 0; step < steps; step++)
            {
                weights[step] = shape.Scale * TensorPrimitives.Dot(query, kept.Slice((step * pair) + at, shape.HeadSize));
            }

            TensorPrimitives.Subtract(weights, TensorPrimitives.Max<float>(weights), weights);
            TensorPrimitives.Exp<float>(weights, weights);
            TensorPrimitives.Divide(weights, TensorPrimitives.Sum<float>(weights), weights);
            var sum = new Span<float>((float*)y.Row(0) + at, shape.HeadSize);
            sum.Clear();
            for (int step = 0; step < steps; step++)
            {
                ReadOnlySpan<float> value = kept.Slice((step * pair) + columns + at, shape.HeadSize);
                TensorPrimitives.MultiplyAdd(value, weights[step], sum, sum);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}
