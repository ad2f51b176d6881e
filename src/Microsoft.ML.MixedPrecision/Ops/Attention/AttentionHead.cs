using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>One head of one example on the CPU, in Float32: its matrices, their rows padded with zeros to whole vectors, and what is alike
/// forward and backward.</summary>
internal unsafe ref struct AttentionHead<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Rows that are computed at a time: those of a tile of dropout.</summary>
    public const int Block = 16;

    /// <summary>Columns are padded to a multiple of this, the widest vector's elements.</summary>
    private const int Unit = 16;

    private readonly AttentionArguments _arguments;
    private readonly int _example;
    private readonly int _head;

    /// <summary>Says which.</summary>
    /// <param name="arguments">All of them.</param>
    /// <param name="unit">n·H + h.</param>
    public AttentionHead(in AttentionArguments arguments, long unit)
    {
        _arguments = arguments;
        (long example, long head) = Math.DivRem(unit, arguments.Shape.Heads);
        (_example, _head) = ((int)example, (int)head);
        (First, int end) = arguments.Places.Of(_example);
        Length = end - First;
        PaddedLength = Padded(Length);
        PaddedSize = Padded(arguments.Shape.HeadSize);
    }

    /// <summary>The example's first row.</summary>
    public int First { get; }

    /// <summary>The example's rows.</summary>
    public int Length { get; }

    /// <summary>Columns of a matrix (…, steps).</summary>
    public int PaddedLength { get; }

    /// <summary>Columns of a matrix (…, D).</summary>
    public int PaddedSize { get; }

    /// <summary>The number that is so many or more, of whole vectors.</summary>
    public static int Padded(int count) => (count + Unit - 1) / Unit * Unit;

    /// <summary>Steps that row i sees: the first ones.</summary>
    public int Seen(int i) => _arguments.Shape.Causal ? i + 1 : Length;

    /// <summary>Reads rows of the head from one of the matrices beside each other.</summary>
    /// <param name="from">(R, …).</param>
    /// <param name="format">Read as.</param>
    /// <param name="part">Number of the matrix: 0 for the first H·D columns.</param>
    /// <param name="row">First row, within the example.</param>
    /// <param name="count">Rows.</param>
    /// <param name="to">Receives (count, D), rows <see cref="PaddedSize"/> apart.</param>
    public void Read(in Tensor from, NumericFormat format, int part, int row, int count, float* to)
    {
        int size = _arguments.Shape.HeadSize;
        for (int i = 0; i < count; i++)
        {
            float* target = to + (i * PaddedSize);
            ConvertKernel.Convert<TLanes, TVector>(format, At(from, part, row + i), NumericFormat.Float32, target, size);
            new Span<float>(target + size, PaddedSize - size).Clear();
        }
    }

    /// <summary>Writes rows of the head, rounded once; see <see cref="Read"/>.</summary>
    public void Write(float* from, in Tensor to, int part, int row, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ConvertKernel.Convert<TLanes, TVector>(
                NumericFormat.Float32,
                from + (i * PaddedSize),
                to.Format.Storage(),
                At(to, part, row + i),
                _arguments.Shape.HeadSize);
        }
    }

    /// <summary>(steps, D) turned into (D, steps), rows <see cref="PaddedLength"/> apart, zeros behind.</summary>
    public void Transpose(float* from, float* to)
    {
        for (int column = 0; column < _arguments.Shape.HeadSize; column++)
        {
            float* target = to + ((long)column * PaddedLength);
            for (int row = 0; row < Length; row++)
            {
                target[row] = from[(row * PaddedSize) + column];
            }

            new Span<float>(target + Length, PaddedLength - Length).Clear();
        }
    }

    /// <summary>Of a row of scores q·k: s = scores/√D, up to where the row sees.</summary>
    public void Scale(float* scores, int seen)
        => SoftmaxRow<TLanes, TVector>.Multiply(scores, _arguments.Shape.Scale, seen);

    /// <summary>What each element of a block of rows is multiplied by: 0 or 1/(1 − p); nothing is done where nothing is dropped.</summary>
    /// <param name="row">First row of the block, a multiple of <see cref="Block"/>.</param>
    /// <param name="to">Receives (<see cref="Block"/>, steps), rows <see cref="PaddedLength"/> apart.</param>
    public void DrawMask(int row, float* to)
    {
        AttentionDropout dropout = _arguments.Dropout;
        StepPosition position = *(StepPosition*)_arguments.Position;
        uint threshold = dropout.ThresholdOf(position.Step);
        float scale = AttentionDropout.ScaleOf(threshold);
        int rowTiles = (_arguments.Places.Steps + Block - 1) / Block;
        int rowOfTiles = (((_example * _arguments.Shape.Heads) + _head) * rowTiles) + (row / Block);
        for (int tile = 0; tile < (Length + Block - 1) / Block; tile++)
        {
            for (int place = 0; place < 32; place++)
            {
                (uint x0, uint x1, uint x2, uint x3) = dropout.Draw(
                    position,
                    rowOfTiles,
                    _arguments.Shape.Heads * rowTiles,
                    (tile * 32) + place);
                float* upper = to + (place / 4 * PaddedLength) + (tile * Block) + (place % 4 * 2);
                Put(upper, x0, threshold, scale);
                Put(upper + 8, x1, threshold, scale);
                Put(upper + (8 * PaddedLength), x2, threshold, scale);
                Put(upper + (8 * PaddedLength) + 8, x3, threshold, scale);
            }
        }
    }

    /// <summary>Rounds a row to the operand format of products, after the mask where there is one; what is behind the steps that it sees
    /// becomes 0.</summary>
    public void Round(float* values, float* mask, int seen)
    {
        NumericFormat format = _arguments.Qkv.Format;
        for (int i = 0; i < PaddedLength; i += TLanes.Count)
        {
            var value = TLanes.Load(values + i);
            value = mask is null ? value : TLanes.Multiply(value, TLanes.Load(mask + i));
            TLanes.Store(AttentionRounding<TLanes, TVector>.Round(format, value), values + i);
        }

        new Span<float>(values + seen, PaddedLength - seen).Clear();
    }

    private static void Put(float* to, uint word, uint threshold, float scale)
    {
        to[0] = (word & 0xFFFF) >= threshold ? scale : 0;
        to[1] = (word >> 16) >= threshold ? scale : 0;
    }

    private byte* At(in Tensor tensor, int part, int row)
    {
        int column = (part * _arguments.Shape.Columns) + (_head * _arguments.Shape.HeadSize);
        return (byte*)tensor.Row(First + row) + ((long)column * tensor.Format.BytesPerElement());
    }
}
