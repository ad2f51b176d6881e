using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x + table[k], k the type of the row's token: 0 up to and including the first token of its example whose id is the separator, 1
/// behind it, so that of [CLS] A [SEP] B [SEP] B and its separator are of type 1. Read in any storage format, the table in Float32, added
/// in Float32 and rounded once when stored. Rows of no example stay as they are.
/// </summary>
/// <remarks>
/// dx = dy; dtable[k] = Σ dy over the rows of type k, in Float32: rows are added in order within blocks of <see cref="BlockRows"/> rows of
/// the batch, the blocks in order. Every number has the same bits on both engines, for every number of threads and every vector width. NaN
/// and ±∞ propagate. Source: J. Devlin et al., "BERT", 2018 (segment embeddings).
/// </remarks>
internal static partial class TokenTypesKernel
{
    /// <summary>Types: rows of the table.</summary>
    public const int Count = 2;

    /// <summary>The type of a row of no example.</summary>
    public const int None = -1;

    /// <summary>Rows whose gradients are added before their sum is added to that of those before.</summary>
    public const int BlockRows = 64;

    /// <summary>The type of each row.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="ids">(R, 1), Int32.</param>
    /// <param name="separator">The id behind which tokens are of type 1.</param>
    /// <param name="types">(R, 1), Int32: 0, 1, or <see cref="None"/>; written.</param>
    /// <param name="places">Where examples lie.</param>
    /// <exception cref="ArgumentException">There are not as many types as ids, or either is not Int32.</exception>
    public static void Find(Device device, Words ids, int separator, Words types, in ExamplePlaces places)
    {
        if (ids.Kind != ElementKind.Int32 || types.Kind != ElementKind.Int32 || ids.Count != types.Count)
        {
            throw new ArgumentException(
                $"There are {ids.Count} ids, which are {ids.Kind}, and {types.Count} types, which are {types.Kind}; as many types as ids "
                    + $"are needed, and both {ElementKind.Int32}.",
                nameof(types));
        }

        if (device is CudaDevice cuda)
        {
            Find(cuda, ids, separator, types, places);
        }
        else
        {
            Find(ids.Span<int>(), separator, types.Span<int>(), places);
        }
    }

    /// <summary>y.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(R, C), any storage format.</param>
    /// <param name="types">(R, 1), Int32: what <see cref="Find(Device, Words, int, Words, in ExamplePlaces)"/> gives.</param>
    /// <param name="table">(<see cref="Count"/>, C), Float32.</param>
    /// <param name="y">(R, C), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or the table is not Float32.</exception>
    public static void Forward(Device device, Tensor x, Words types, Tensor table, Tensor y)
    {
        Check(x, types, table, y);
        if (device is CudaDevice cuda)
        {
            Forward(cuda, x, types, table, y);
        }
        else
        {
            TokenTypesForwardJob.Run((CpuDevice)device, x, types, table, y);
        }
    }

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of dy by type.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dy">(R, C), any storage format.</param>
    /// <param name="types">(R, 1), Int32, as of forward.</param>
    /// <param name="dtable">(<see cref="Count"/>, C), Float32. Padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dtable"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dtable"/> is not Float32.</exception>
    public static void Backward(Device device, Tensor dy, Words types, Tensor dtable, bool accumulate)
    {
        Check(dy, types, dtable, dy);
        if (device is CudaDevice cuda)
        {
            Backward(cuda, dy, types, dtable, accumulate);
        }
        else
        {
            TokenTypesBackwardJob.Run((CpuDevice)device, dy, types, dtable, accumulate);
        }
    }

    private static void Find(ReadOnlySpan<int> ids, int separator, Span<int> types, in ExamplePlaces places)
    {
        for (int example = 0; example < places.Examples; example++)
        {
            (int first, int end) = places.Of(example);
            int at = ids[first..end].IndexOf(separator);
            int behind = at < 0 ? end : first + at + 1;
            types[first..behind].Clear();
            types[behind..end].Fill(1);
        }

        types[places.Rest..].Fill(None);
    }

    private static void Check(in Tensor x, in Words types, in Tensor table, in Tensor y)
    {
        if (x.Rows != y.Rows || x.Columns != y.Columns || types.Count != x.Rows
            || table.Columns != x.Columns || table.Rows != Count || table.Format.Storage() != NumericFormat.Float32)
        {
            throw new ArgumentException(
                $"x is ({x.Rows}, {x.Columns}), y ({y.Rows}, {y.Columns}), the table ({table.Rows}, {table.Columns}) {table.Format}, for "
                    + $"{types.Count} types; x and y must be alike, with a type for each row, and the table "
                    + $"({Count}, {x.Columns}) Float32.",
                nameof(table));
        }
    }
}
