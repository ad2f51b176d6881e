using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Means over members who are sure: probabilities of 0 and 1 in Float32, logarithms of which are neither infinite nor NaN. What
/// members do otherwise is in the operation table.</summary>
[TestClass]
internal sealed class MemberMeanTests
{
    /// <summary>Three members of an example and what their mean must be, by hand.</summary>
    public static IEnumerable<object[]> Sure =>
    [
        // All certain of the first class: ln 1 and −2000.
        [MemberMeanKind.LogMeanSoftmax, new[] { 1000f, -1000 }, new[] { 1000f, -1000 }, new[] { 1000f, -1000 }, new double[] { 0, -2000 }],

        // One of three is for the second: ln ⅔ and ln ⅓.
        [
            MemberMeanKind.LogMeanSoftmax, new[] { 300f, 0 }, new[] { 0f, 300 }, new[] { 90f, -300 },
            new[] { Math.Log(2.0 / 3), Math.Log(1.0 / 3) },
        ],

        // The mean of p is that of e^z where all are tiny: −500 + ln((1 + 2·e⁻¹)/3); and its mirror image.
        [
            MemberMeanKind.LogitMeanSigmoid, new[] { -500f, 500 }, new[] { -501f, 501 }, new[] { -501f, 501 },
            new[] { -500 + Math.Log((1 + (2 * Math.Exp(-1))) / 3), 500 - Math.Log((1 + (2 * Math.Exp(-1))) / 3) },
        ],

        // One of three says no for certain: the logit of ⅔; all are undecided: 0.
        [
            MemberMeanKind.LogitMeanSigmoid, new[] { 400f, 0 }, new[] { -400f, 0 }, new[] { 400f, 0 },
            new[] { Math.Log(2), 0 },
        ],
        [MemberMeanKind.Mean, new[] { 3e38f, 1 }, new[] { -3e38f, 2 }, new[] { 0f, 6 }, new double[] { 0, 3 }],
    ];

    [TestMethod]
    [DynamicData(nameof(Sure))]
    public void Forward_OfSureMembers_IsFinite(MemberMeanKind kind, float[] first, float[] second, float[] third, double[] expected)
    {
        using var device = new CpuDevice(1);
        using TestTensor z = Rows(first, second, third), o = new(NumericFormat.Float32, 1, 2), sums = Sums(kind);

        MemberMeanKernel.Forward(device, kind, [z], sums, o);

        for (int column = 0; column < 2; column++)
        {
            Assert.AreEqual(expected[column], o[0, column], 1e-6 * Math.Max(1, Math.Abs(expected[column])), $"column {column}");
        }
    }

    /// <summary>Where members are sure a gradient is finite too, and each member's share of a class follows its probability.</summary>
    [TestMethod]
    [DynamicData(nameof(Sure))]
    public void Backward_OfSureMembers_IsFinite(MemberMeanKind kind, float[] first, float[] second, float[] third, double[] expected)
    {
        using var device = new CpuDevice(1);
        using TestTensor z = Rows(first, second, third), o = new(NumericFormat.Float32, 1, 2), sums = Sums(kind);
        using TestTensor d = Rows([1f, -2f]), dz = new(NumericFormat.Float32, 3, 2);
        MemberMeanKernel.Forward(device, kind, [z], sums, o);

        MemberMeanKernel.Backward(device, kind, new MemberMeanGradient { Z = z, Sums = sums, O = o, DO = d, DZ = dz, Members = 3 });

        double total = 0;
        for (int member = 0; member < 3; member++)
        {
            for (int column = 0; column < 2; column++)
            {
                Assert.IsTrue(double.IsFinite(dz[member, column]), $"member {member}, column {column} of {expected.Length}");
                total += dz[member, column];
            }
        }

        // Adding a number to all of a member's logits changes no probability, so that the gradients of classes add up to 0.
        Assert.IsTrue(kind != MemberMeanKind.LogMeanSoftmax || Math.Abs(total) < 1e-5, $"{total}");
    }

    private static TestTensor Sums(MemberMeanKind kind) => new(NumericFormat.Float32, 1, Math.Max(1, MemberMeanKernel.SumsOf(kind, 3, 2)));

    private static TestTensor Rows(params float[][] rows)
    {
        var tensor = new TestTensor(NumericFormat.Float32, rows.Length, rows[0].Length);
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < rows[row].Length; column++)
            {
                tensor[row, column] = rows[row][column];
            }
        }

        return tensor;
    }
}
