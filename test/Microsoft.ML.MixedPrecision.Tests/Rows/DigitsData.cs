using System.Globalization;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>The digits table, features divided by 16, split four to one.</summary>
internal sealed class DigitsData
{
    private readonly float[][] _features;
    private readonly int[] _labels;

    /// <summary>Reads the table that lies beside the tests.</summary>
    public DigitsData()
    {
        int[][] rows = [
            .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "digits.csv"))
                .Skip(1)
                .Select(line => line.Split(',').Select(cell => int.Parse(cell, CultureInfo.InvariantCulture)).ToArray())];
        _features = [.. rows.Select(row => row[..64].Select(grey => grey / 16f).ToArray())];
        _labels = [.. rows.Select(row => row[64])];
    }

    /// <summary>Every row whose number modulo 5 is (is not) <paramref name="fold"/>: test (training) rows.</summary>
    public RowStore Store(CpuDevice device, NumericFormat format, int fold, bool test)
    {
        var store = new RowStore(device, format.Storage(), 64, hasWeights: false);
        for (int i = 0; i < _labels.Length; i++)
        {
            if (i % 5 == fold == test)
            {
                store.Append(_features[i], _labels[i], 1f);
            }
        }

        return store;
    }
}
