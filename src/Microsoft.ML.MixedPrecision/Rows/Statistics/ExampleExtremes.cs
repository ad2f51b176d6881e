using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Tensor = Microsoft.ML.MixedPrecision.Tensors.Tensor;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>A number of a store's rows with the largest magnitude.</summary>
/// <param name="Value">The number, with its sign; 0 where there is none.</param>
/// <param name="Row">Its row, from 0.</param>
/// <param name="Slot">Its place in the row, from 0.</param>
internal readonly record struct Extreme(float Value, int Row, int Slot);

/// <summary>The features, labels and weights with the largest magnitudes: one pass over all rows, made only to explain a training that
/// failed.</summary>
/// <param name="Feature">Of all features.</param>
/// <param name="Label">Of the labels, as the network learns them; 0 where they are classes.</param>
/// <param name="Weight">Of the example weights, those of the classes multiplied in; 0 without weights.</param>
internal sealed record ExampleExtremes(Extreme Feature, Extreme Label, Extreme Weight)
{
    private const int MostElements = 1 << 18;

    /// <summary>Looks at all rows. Numbers that are not finite are passed over.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="kind">What their targets are.</param>
    public static unsafe ExampleExtremes Of(RowStore store, TargetKind kind)
    {
        int pitch = Tensor.PitchOf(store.Features, NumericFormat.Float32);
        int most = Math.Clamp(MostElements / Math.Max(1, pitch), 1, Math.Max(1, store.Rows));
        using DeviceMemory memory = store.Device.Allocate((long)most * pitch * sizeof(float));
        (Extreme feature, Extreme label, Extreme weight) = (default, default, default);
        for (int start = 0; start < store.Rows; start += most)
        {
            int count = Math.Min(most, store.Rows - start);
            var x = new Tensor(memory.Address, NumericFormat.Float32, count, store.Features, pitch);
            if (store.Features > 0)
            {
                int column = store.Schema.IndexOf(RowSchema.Features);
                store.Gather([.. Enumerable.Range(start, count)], [new RowDestination(column, x)]);
            }

            for (int i = 0; i < count; i++)
            {
                int row = start + i;
                feature = Larger(feature, new ReadOnlySpan<float>(x.Row(i), store.Features), row);
                label = kind == TargetKind.Class ? default : Larger(label, MemoryMarshal.Cast<int, float>(store.Targets(row)), row);
                weight = store.HasWeights ? Larger(weight, [store.Weight(row)], row) : default;
            }
        }

        return new ExampleExtremes(feature, label, weight);
    }

    private static Extreme Larger(Extreme known, ReadOnlySpan<float> values, int row)
    {
        int slot = TensorPrimitives.IndexOfMaxMagnitude(values);
        return slot >= 0 && float.IsFinite(values[slot]) && Math.Abs(values[slot]) > Math.Abs(known.Value)
            ? new Extreme(values[slot], row, slot)
            : known;
    }
}
