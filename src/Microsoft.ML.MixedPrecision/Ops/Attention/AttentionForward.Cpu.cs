using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Heads of examples forward, each by one thread: 16 rows of scores at a time.</summary>
internal readonly unsafe struct AttentionForwardJob : IRangeKernel
{
    private const int LeastWork = 65536;

    private readonly CpuDevice _device;
    private readonly AttentionArguments _arguments;

    private AttentionForwardJob(CpuDevice device, in AttentionArguments arguments) => (_device, _arguments) = (device, arguments);

    /// <summary>Bytes of a thread's working memory: Kᵀ and V of a head, and of a block of rows Q, scores, mask and y.</summary>
    public static long ScratchBytes(int steps, int headSize)
    {
        long length = AttentionHead<LanesPortable, float>.Padded(steps), size = AttentionHead<LanesPortable, float>.Padded(headSize);
        return sizeof(float) * ((2 * length * size) + (2 * AttentionHead<LanesPortable, float>.Block * (length + size)));
    }

    /// <summary>y, statistics where wanted, and 0 in rows of no example.</summary>
    public static void Run(CpuDevice device, in AttentionArguments arguments)
    {
        AttentionShape shape = arguments.Shape;
        device.ReserveScratch(ScratchBytes(arguments.Places.Steps, shape.HeadSize));
        ClearRest(arguments);
        long work = (long)shape.Rows * arguments.Places.Steps * shape.Columns;
        Partition.Run(device, new AttentionForwardJob(device, arguments), (long)arguments.Places.Examples * shape.Heads, work, LeastWork);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        using ScratchLease scratch = _device.RentScratch(ScratchBytes(_arguments.Places.Steps, _arguments.Shape.HeadSize));
        for (long unit = start; unit < end; unit++)
        {
            RunHead(new AttentionHead<TLanes, TVector>(_arguments, unit), scratch.Floats, (int)(unit % _arguments.Shape.Heads));
        }
    }

    private static void ClearRest(in AttentionArguments arguments)
    {
        for (int row = arguments.Places.Rest; row < arguments.Shape.Rows; row++)
        {
            new Span<byte>(arguments.Y.Row(row), arguments.Y.Columns * arguments.Y.Format.BytesPerElement()).Clear();
            if (arguments.Statistics.Address != 0)
            {
                new Span<float>(arguments.Statistics.Row(row), arguments.Shape.Heads).Clear();
            }
        }
    }

    private void RunHead<TLanes, TVector>(in AttentionHead<TLanes, TVector> head, float* memory, int number)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        const int Block = AttentionHead<TLanes, TVector>.Block;
        int length = head.PaddedLength, size = head.PaddedSize;
        float* v = memory, keys = v + ((long)length * size), q = keys + ((long)length * size);
        float* y = q + (Block * size), scores = y + (Block * size), mask = scores + (Block * length);
        head.Read(_arguments.Qkv, _arguments.Qkv.Format, part: 1, row: 0, head.Length, v);
        head.Transpose(v, keys);
        head.Read(_arguments.Qkv, _arguments.Qkv.Format, part: 2, row: 0, head.Length, v);
        bool drops = _arguments.Dropout.Rate > 0;
        float* sums = stackalloc float[Block];
        for (int row = 0; row < head.Length; row += Block)
        {
            int rows = Math.Min(Block, head.Length - row), seen = head.Seen(row + rows - 1);
            head.Read(_arguments.Qkv, _arguments.Qkv.Format, part: 0, row, rows, q);
            Product(q, size, keys, length, scores, length, (rows, AttentionHead<TLanes, TVector>.Padded(seen), _arguments.Shape.HeadSize))
                .Run<TLanes, TVector>();
            if (drops)
            {
                head.DrawMask(row, mask);
            }

            for (int i = 0; i < rows; i++)
            {
                float* line = scores + (i * length);
                sums[i] = Weights(head, line, drops ? mask + (i * length) : null, row + i, number);
            }

            Product(scores, length, v, size, y, size, (rows, size, seen)).Run<TLanes, TVector>();
            for (int i = 0; i < rows; i++)
            {
                SoftmaxRow<TLanes, TVector>.Divide(y + (i * size), sums[i], y + (i * size), size);
            }

            head.Write(y, _arguments.Y, part: 0, row, rows);
        }
    }

    private static SmallProduct Product(
        float* a, int pitchA, float* b, int pitchB, float* c, int pitchC, (int M, int N, int K) size) => new()
        {
            A = a,
            Row = pitchA,
            Step = 1,
            B = b,
            PitchB = pitchB,
            C = c,
            PitchC = pitchC,
            M = size.M,
            N = size.N,
            K = size.K,
        };

    /// <summary>Scores become round(keep·p).</summary>
    /// <returns>The sum of p.</returns>
    private float Weights<TLanes, TVector>(in AttentionHead<TLanes, TVector> head, float* scores, float* mask, int row, int number)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int seen = head.Seen(row);
        head.Scale(scores, seen);
        float largest = SoftmaxRow<TLanes, TVector>.Largest(scores, seen);
        float sum = SoftmaxRow<TLanes, TVector>.Exponentials(scores, largest, scores, seen);
        if (_arguments.Statistics.Address != 0)
        {
            ((float*)_arguments.Statistics.Row(head.First + row))[number] = largest + MathF.Log(sum);
        }

        head.Round(scores, mask, seen);
        return sum;
    }
}
