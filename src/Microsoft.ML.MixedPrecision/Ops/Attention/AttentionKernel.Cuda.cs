using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using static Microsoft.ML.MixedPrecision.Tensors.Quotients;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>
/// The same on a graphics card, one kernel forward and one to three backward, one more each way for the rows of no example, no T × T matrix
/// in memory: on Tensor Cores where the operands have 16 bits or are TensorFloat32, heads at most <see cref="MostTensorHead"/> columns and
/// the card is of compute capability 8.0 or later (attention_forward.cu, attention_backward.cu, attention_backward_short.cu), else in
/// Float32 arithmetic (attention_plain_*.cu). Sums are in a fixed order; a NaN reaches results of its own example alone.
/// </content>
internal static partial class AttentionKernel
{
    private const int TensorCapability = 80;
    private const int MostTensorHead = 128;
    private const int TensorThreads = 128;

    /// <summary>Rows of a tile that a block of <see cref="TensorThreads"/> does at least.</summary>
    private const int TileRows = 64;

    /// <summary>Bytes of a matrix that pass through shared memory at a time.</summary>
    private const int StageBytes = 8192;

    /// <summary>Steps and columns up to which a whole head's gradients fit into one block.</summary>
    private const int MostShortSteps = 128;
    private const int MostShortHead = 64;

    private const int PlainThreads = 256;
    private const int FewPlainColumns = 64;
    private const int ManyPlainColumns = 128;
    private const int WarpThreads = 32;

    /// <summary>Threads of a block that clears rows of no example: there are few such rows.</summary>
    private const int RestThreads = 256;

    /// <summary>Bytes of working memory that the backward pass needs: Σ dy·y of each row and head.</summary>
    /// <param name="shape">Sizes.</param>
    public static long CudaScratchBytes(in AttentionShape shape) => (long)shape.Rows * shape.Heads * sizeof(float);

    private static void Forward(CudaDevice device, in AttentionArguments a)
    {
        ClearRest(device, a, a.Y, a.Statistics);
        var arguments = new Arguments(a, default, 0);
        int head = HeadOf(a.Shape.HeadSize);
        if (!IsForTensorCores(device, a))
        {
            LaunchPlain(device, a, arguments, "attention_plain_forward.cu", "attention_plain_forward");
            return;
        }

        // Two tiles of rows share what they read of the keys; wide heads leave no registers for them.
        int rows = head == MostTensorHead || a.Places.Steps <= TileRows ? TileRows : 2 * TileRows;
        var kernel = new KernelVariant(
            "attention_forward.cu", "attention_forward", a.Qkv.Format, Number: head, SecondNumber: rows, ThirdNumber: arguments.Drops);
        int sharedBytes = TileBytes(a, rows + (4 * StageRows(a)), head);
        Launch(device, kernel, a, Quotient(a.Places.Steps, rows), TensorThreads, arguments, sharedBytes);
    }

    private static void Backward(CudaDevice device, in AttentionArguments a, in AttentionGradients g, nint scratch)
    {
        ClearRest(device, a, g.Dqkv, default);
        var arguments = new Arguments(a, g, scratch);
        if (!IsForTensorCores(device, a))
        {
            const string File = "attention_plain_backward.cu";
            int parts = Quotient(a.Places.Steps, PlainThreads / WarpThreads);
            var delta = new KernelVariant(File, "attention_plain_delta", a.Qkv.Format, Number: PlainColumns(a));
            Launch(device, delta, a, parts, PlainThreads, arguments, 0);
            LaunchPlain(device, a, arguments, File, "attention_plain_queries");
            LaunchPlain(device, a, arguments, File, "attention_plain_keys");
        }
        else if (a.Places.Steps <= MostShortSteps
            && a.Shape.HeadSize <= MostShortHead
            && ShortSharedBytes(a) <= device.Properties.SharedMemory)
        {
            BackwardShort(device, a, arguments);
        }
        else
        {
            BackwardLong(device, a, arguments);
        }
    }

    private static void BackwardShort(CudaDevice device, in AttentionArguments a, in Arguments arguments)
    {
        int head = HeadOf(a.Shape.HeadSize), steps = ShortSteps(a);
        var kernel = new KernelVariant(
            "attention_backward_short.cu",
            "attention_backward_short",
            a.Qkv.Format,
            Number: head,
            SecondNumber: steps,
            ThirdNumber: arguments.Drops);

        // A warp has 16 rows.
        Launch(device, kernel, a, 1, steps * WarpThreads / 16, arguments, ShortSharedBytes(a));
    }

    private static int ShortSteps(in AttentionArguments a) => a.Places.Steps <= TileRows ? TileRows : MostShortSteps;

    /// <summary>Q, K, V, dy; ds of 64 queries; two numbers of each row.</summary>
    private static int ShortSharedBytes(in AttentionArguments a)
    {
        int steps = ShortSteps(a);
        return TileBytes(a, 4 * steps, HeadOf(a.Shape.HeadSize)) + TileBytes(a, steps, TileRows) + (2 * steps * sizeof(float));
    }

    private static void BackwardLong(CudaDevice device, in AttentionArguments a, in Arguments arguments)
    {
        const string File = "attention_backward.cu";
        int head = HeadOf(a.Shape.HeadSize), parts = Quotient(a.Places.Steps, TileRows);
        var queries = new KernelVariant(
            File, "attention_backward_queries", a.Qkv.Format, Number: head, SecondNumber: arguments.Drops);

        // Two tiles that stay, two stages of two tiles that pass; with the queries two numbers of each.
        int sharedBytes = TileBytes(a, (2 * TileRows) + (4 * StageRows(a)), head);
        Launch(device, queries, a, parts, TensorThreads, arguments, sharedBytes);
        Launch(
            device,
            queries with { Function = "attention_backward_keys" },
            a,
            parts,
            TensorThreads,
            arguments,
            sharedBytes + (4 * StageRows(a) * sizeof(float)));
    }

    /// <summary>Rows of no example, of which there are none where each has the same number of steps.</summary>
    private static void ClearRest(CudaDevice device, in AttentionArguments a, in Tensor values, in Tensor statistics)
    {
        if (a.Places.Ends != 0)
        {
            device.Launch(
                new KernelVariant("attention_rest.cu", "attention_rest", values.Format.Storage()),
                (device.Properties.Multiprocessors, 1),
                RestThreads,
                new RestArguments(values, statistics, a.Places, values.Rows, values.Columns, a.Shape.Heads));
        }
    }

    private static bool IsForTensorCores(CudaDevice device, in AttentionArguments a)
        => (a.Qkv.Format.Is16Bit() || a.Qkv.Format == NumericFormat.TensorFloat32)
            && a.Shape.HeadSize <= MostTensorHead
            && device.Properties.Capability >= TensorCapability;

    /// <summary>The width of tiles that hold a head.</summary>
    private static int HeadOf(int headSize) => headSize switch { <= 32 => 32, <= 64 => 64, _ => MostTensorHead };

    /// <summary>Rows of what passes through shared memory at a time: <c>StageRows</c> of attention_tiles.cuh.</summary>
    private static int StageRows(in AttentionArguments a)
        => Math.Min(TileRows, StageBytes / TileBytes(a, 1, HeadOf(a.Shape.HeadSize)));

    private static int TileBytes(in AttentionArguments a, int rows, int columns) => rows * columns * a.Qkv.Format.BytesPerElement();

    private static void LaunchPlain(CudaDevice device, in AttentionArguments a, in Arguments arguments, string file, string function)
    {
        int columns = PlainColumns(a), parts = Quotient(a.Places.Steps, TileRows) * Quotient(a.Shape.HeadSize, columns);
        Launch(device, new KernelVariant(file, function, a.Qkv.Format, Number: columns), a, parts, PlainThreads, arguments, 0);
    }

    /// <summary>Columns of a block of the plain kernels.</summary>
    private static int PlainColumns(in AttentionArguments a)
        => a.Shape.HeadSize <= FewPlainColumns ? FewPlainColumns : ManyPlainColumns;

    /// <summary>Launches so many blocks for each head of each example.</summary>
    private static void Launch(
        CudaDevice device,
        in KernelVariant kernel,
        in AttentionArguments a,
        int parts,
        int threads,
        in Arguments arguments,
        int sharedBytes)
        => device.Launch(kernel, (checked(a.Places.Examples * a.Shape.Heads * parts), 1), threads, arguments, sharedBytes);

    /// <summary>Attention of attention.cuh, field by field.</summary>
    private readonly record struct Arguments(
        CudaMatrix Qkv,
        CudaMatrix Y,
        CudaMatrix Dy,
        CudaMatrix Dqkv,
        CudaMatrix Statistics,
        nint Delta,
        ExamplePlaces Places,
        DropoutArguments Dropout,
        int Rows,
        int Heads,
        int HeadSize,
        int Causal,
        float Scale)
    {
        public Arguments(in AttentionArguments a, in AttentionGradients g, nint delta)
            : this(
                a.Qkv,
                a.Y,
                g.Dy,
                g.Dqkv,
                a.Statistics,
                delta,
                a.Places,
                new DropoutArguments(a),
                a.Shape.Rows,
                a.Shape.Heads,
                a.Shape.HeadSize,
                a.Shape.Causal ? 1 : 0,
                a.Shape.Scale)
        {
        }

        /// <summary>Value of the macro DROPOUT.</summary>
        public int Drops => Dropout.Position != 0 ? 1 : 0;
    }

    /// <summary>AttentionRest of attention_rest.cu, field by field.</summary>
    private readonly record struct RestArguments(
        CudaMatrix Values, CudaMatrix Statistics, ExamplePlaces Places, int Rows, int Columns, int Heads);

    /// <summary>AttentionDropout of attention.cuh, field by field; without a position nothing is dropped.</summary>
    private readonly record struct DropoutArguments(
        nint Position, RegularizationCourse Course, uint Seed, uint Purpose, uint Layer, float Rate)
    {
        public DropoutArguments(in AttentionArguments a)
            : this(
                a.Dropout.Rate > 0 ? a.Position : 0,
                a.Dropout.Course,
                (uint)a.Dropout.Seed,
                (uint)RandomPurpose.Attention,
                (uint)a.Dropout.Layer,
                a.Dropout.Rate)
        {
        }
    }
}
