using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Heads of examples backward, each by one thread: 16 rows of scores at a time, which are computed again.</summary>
internal readonly unsafe struct AttentionBackwardJob : IRangeKernel
{
    private const int LeastWork = 65536;
    private const int Block = AttentionHead<LanesPortable, float>.Block;

    private readonly CpuDevice _device;
    private readonly AttentionArguments _arguments;
    private readonly AttentionGradients _gradients;

    private AttentionBackwardJob(CpuDevice device, in AttentionArguments arguments, in AttentionGradients gradients)
        => (_device, _arguments, _gradients) = (device, arguments, gradients);

    /// <summary>Bytes of a thread's working memory.</summary>
    public static long ScratchBytes(int steps, int headSize) => Memory.Bytes(
        AttentionHead<LanesPortable, float>.Padded(steps),
        AttentionHead<LanesPortable, float>.Padded(headSize));

    /// <summary>dQ, dK and dV, and 0 in rows of no example.</summary>
    public static void Run(CpuDevice device, in AttentionArguments arguments, in AttentionGradients gradients)
    {
        AttentionShape shape = arguments.Shape;
        device.ReserveScratch(ScratchBytes(arguments.Places.Steps, shape.HeadSize));
        for (int row = arguments.Places.Rest; row < shape.Rows; row++)
        {
            new Span<byte>(gradients.Dqkv.Row(row), gradients.Dqkv.Columns * gradients.Dqkv.Format.BytesPerElement()).Clear();
        }

        long work = 2L * shape.Rows * arguments.Places.Steps * shape.Columns;
        long units = (long)arguments.Places.Examples * shape.Heads;
        Partition.Run(device, new AttentionBackwardJob(device, arguments, gradients), units, work, LeastWork);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        using ScratchLease scratch = _device.RentScratch(ScratchBytes(_arguments.Places.Steps, _arguments.Shape.HeadSize));
        for (long unit = start; unit < end; unit++)
        {
            var head = new AttentionHead<TLanes, TVector>(_arguments, unit);
            RunHead(head, new Memory(scratch.Floats, head.PaddedLength, head.PaddedSize), (int)(unit % _arguments.Shape.Heads));
        }
    }

    private void RunHead<TLanes, TVector>(in AttentionHead<TLanes, TVector> head, in Memory memory, int number)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat operand = _arguments.Qkv.Format;
        head.Read(_arguments.Qkv, operand, part: 2, row: 0, head.Length, memory.Keys);
        head.Transpose(memory.Keys, memory.ValuesTurned);
        head.Read(_arguments.Qkv, operand, part: 1, row: 0, head.Length, memory.Keys);
        head.Transpose(memory.Keys, memory.KeysTurned);
        new Span<float>(memory.Dk, head.Length * memory.Size).Clear();
        new Span<float>(memory.Dv, head.Length * memory.Size).Clear();
        for (int row = 0; row < head.Length; row += Block)
        {
            RunBlock(head, memory, row, number);
        }

        SoftmaxRow<TLanes, TVector>.Multiply(memory.Dk, _arguments.Shape.Scale, head.Length * memory.Size);
        head.Write(memory.Dk, _gradients.Dqkv, part: 1, row: 0, head.Length);
        head.Write(memory.Dv, _gradients.Dqkv, part: 2, row: 0, head.Length);
    }

    private void RunBlock<TLanes, TVector>(in AttentionHead<TLanes, TVector> head, in Memory memory, int row, int number)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat operand = _arguments.Qkv.Format;
        int rows = Math.Min(Block, head.Length - row), seen = head.Seen(row + rows - 1);
        int length = memory.Length, size = memory.Size, columns = AttentionHead<TLanes, TVector>.Padded(seen);
        head.Read(_arguments.Qkv, operand, part: 0, row, rows, memory.Q);
        head.Read(_arguments.Y, _arguments.Y.Format.Storage(), part: 0, row, rows, memory.Y);
        head.Read(_gradients.Dy, _gradients.Dy.Format.Storage(), part: 0, row, rows, memory.Dy);
        float* deltas = stackalloc float[Block];
        for (int i = 0; i < rows; i++)
        {
            deltas[i] = LayerNormRow<TLanes, TVector>.Dot(memory.Dy + (i * size), memory.Y + (i * size), size);
        }

        head.Read(_gradients.Dy, OperandOf(_gradients.Dy.Format, operand), part: 0, row, rows, memory.Dy);
        Product(memory.Q, size, 1, memory.KeysTurned, length, memory.P, length, (rows, columns, _arguments.Shape.HeadSize))
            .Run<TLanes, TVector>();
        Product(memory.Dy, size, 1, memory.ValuesTurned, length, memory.Ds, length, (rows, columns, _arguments.Shape.HeadSize))
            .Run<TLanes, TVector>();
        bool drops = _arguments.Dropout.Rate > 0;
        if (drops)
        {
            head.DrawMask(row, memory.Mask);
        }

        for (int i = 0; i < rows; i++)
        {
            float* p = memory.P + (i * length), ds = memory.Ds + (i * length), mask = drops ? memory.Mask + (i * length) : null;
            int sees = head.Seen(row + i);
            head.Scale(p, sees);
            SoftmaxRow<TLanes, TVector>.Exponentials(p, ((float*)_arguments.Statistics.Row(head.First + row + i))[number], p, sees);
            Differentiate<TLanes, TVector>(p, ds, mask, deltas[i], length);
            head.Round(ds, null, sees);
            head.Round(p, mask, sees);
        }

        Product(memory.Ds, length, 1, memory.Keys, size, memory.Dq, size, (rows, size, seen)).Run<TLanes, TVector>();
        SoftmaxRow<TLanes, TVector>.Multiply(memory.Dq, _arguments.Shape.Scale, rows * size);
        head.Write(memory.Dq, _gradients.Dqkv, part: 0, row, rows);
        Product(memory.Ds, 1, length, memory.Q, size, memory.Dk, size, (seen, size, rows), accumulate: true).Run<TLanes, TVector>();
        Product(memory.P, 1, length, memory.Dy, size, memory.Dv, size, (seen, size, rows), accumulate: true).Run<TLanes, TVector>();
    }

    /// <summary>ds = p ⊙ (keep ⊙ ds − Δ), ds being dy·Vᵀ; what a row does not see is whatever it is, finite or not, and cleared
    /// afterwards.</summary>
    private static void Differentiate<TLanes, TVector>(float* p, float* ds, float* mask, float delta, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var deltas = TLanes.Broadcast(delta);
        for (int j = 0; j < count; j += TLanes.Count)
        {
            var gradient = TLanes.Load(ds + j);
            gradient = mask is null ? gradient : TLanes.Multiply(gradient, TLanes.Load(mask + j));
            TLanes.Store(TLanes.Multiply(TLanes.Load(p + j), TLanes.Subtract(gradient, deltas)), ds + j);
        }
    }

    /// <summary>Of gradients in Float32 a product under TensorFloat32 reads 10 bits, too.</summary>
    private static NumericFormat OperandOf(NumericFormat stored, NumericFormat operand)
        => stored.Storage() == operand.Storage() ? operand : stored.Storage();

    private static SmallProduct Product(
        float* a, int row, int step, float* b, int pitchB, float* c, int pitchC, (int M, int N, int K) size, bool accumulate = false)
        => new()
        {
            A = a,
            Row = row,
            Step = step,
            B = b,
            PitchB = pitchB,
            C = c,
            PitchC = pitchC,
            M = size.M,
            N = size.N,
            K = size.K,
            Accumulate = accumulate,
        };

    /// <summary>A thread's matrices: Kᵀ, Vᵀ, K, dK and dV of a head, and of a block of rows Q, y, dy, dQ, p, ds and the mask.</summary>
    private readonly struct Memory(float* at, int length, int size)
    {
        public int Length => length;

        public int Size => size;

        public float* Keys => at;

        public float* KeysTurned => at + Matrix;

        public float* ValuesTurned => at + (2 * Matrix);

        public float* Dk => at + (3 * Matrix);

        public float* Dv => at + (4 * Matrix);

        public float* Q => at + (5 * Matrix);

        public float* Y => Q + (Block * size);

        public float* Dy => Y + (Block * size);

        public float* Dq => Dy + (Block * size);

        public float* P => Dq + (Block * size);

        public float* Ds => P + (Block * length);

        public float* Mask => Ds + (Block * length);

        private long Matrix => (long)length * size;

        public static long Bytes(long length, long size)
            => sizeof(float) * ((5 * length * size) + (Block * ((3 * length) + (4 * size))));
    }
}
