using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>Rows of ids on their way into a forward pass: written as numbers, each row with as many as the network reads at most, and
/// read as ids without what is behind the last one of each row.</summary>
internal sealed unsafe class TokenRows
{
    private readonly TokensInput _input;
    private readonly int[] _lengths;
    private readonly float[] _numbers;

    /// <summary>Makes room.</summary>
    /// <param name="input">What the network reads.</param>
    /// <param name="maxRows">Rows of the largest batch.</param>
    public TokenRows(TokensInput input, int maxRows)
    {
        _input = input;
        _lengths = new int[maxRows];
        _numbers = GC.AllocateArray<float>(checked(maxRows * Pitch), pinned: true);
    }

    private int Pitch => Tensor.PitchOf(_input.Rows, NumericFormat.Float32);

    /// <summary>Where rows are written: (rows, most ids), Float32.</summary>
    /// <param name="rows">How many.</param>
    public Tensor Input(int rows) => new(
        Marshal.UnsafeAddrOfPinnedArrayElement(_numbers, 0),
        NumericFormat.Float32,
        rows,
        _input.Rows,
        Pitch);

    /// <summary>Counts the steps of the rows written, and at least 1.</summary>
    /// <param name="rows">How many rows.</param>
    /// <exception cref="InvalidOperationException">A number is no id.</exception>
    public int Count(int rows)
    {
        long steps = 0;
        for (int row = 0; row < rows; row++)
        {
            steps += _lengths[row] = LengthOf(new ReadOnlySpan<float>(Input(rows).Row(row), _input.Rows));
        }

        return checked((int)Math.Max(1, steps));
    }

    /// <summary>Steps of a row that was counted.</summary>
    /// <param name="row">Its number in the batch.</param>
    public int StepsOf(int row) => _lengths[row];

    /// <summary>Writes ids one row behind the other, and where each row's end.</summary>
    /// <param name="rows">Rows that were counted.</param>
    /// <param name="ids">Receives ids; 0 behind the last one.</param>
    /// <param name="ends">Receives ends.</param>
    public void Pack(int rows, Words ids, Words ends)
    {
        Span<int> to = ids.Span<int>(), behind = ends.Span<int>();
        int end = 0;
        for (int row = 0; row < rows; row++)
        {
            var numbers = new ReadOnlySpan<float>(Input(rows).Row(row), _lengths[row]);
            for (int i = 0; i < numbers.Length; i++)
            {
                to[end + i] = (int)numbers[i] - 1;
            }

            behind[row] = end += _lengths[row];
        }

        to[end..].Clear();
    }

    private int LengthOf(ReadOnlySpan<float> numbers)
    {
        int length = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            float token = numbers[i];
            if (token == 0)
            {
                continue;
            }

            if (!(token >= 1 && token <= _input.Vocabulary && token == (int)token) || i != length)
            {
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"A row to score holds {token} at place {i} (counted from 0), behind {length} tokens; tokens are whole numbers from 1 "
                        + $"to {_input.Vocabulary}, without gaps, and 0 behind the last. Make the column with the model's own tokenizer."));
            }

            length = i + 1;
        }

        return length;
    }
}
