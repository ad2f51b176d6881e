using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>What an algorithm of a card is chosen by; the addresses are never read, so no card is needed.</summary>
[TestClass]
public sealed class MatmulKeyTests
{
    private const nint Aligned = 0x10000;

    [TestMethod]
    [DataRow(true, true, 104)]
    [DataRow(true, false, 100)]
    [DataRow(false, true, 100)]
    [DataRow(false, false, 100)]
    public void Of_InnerSizeOfNoRoundNumber_IsPaddedWhereBothOperandsAre(bool padsA, bool padsB, int expected)
    {
        MatmulKey key = KeyOf(Forward(100, padsA, padsB));

        Assert.AreEqual(new MatmulShape(32, 64, expected), key.Shape);
        Assert.AreEqual((104, 104, 64), key.Pitches);
    }

    [TestMethod]
    public void Of_OperandsOfUnequalPitch_IsPaddedToTheSmaller()
    {
        MatmulArguments product = Forward(100, padsA: true, padsB: true);

        Assert.AreEqual(104, KeyOf(product with { A = product.A with { Pitch = 128 } }).Shape.K);
        Assert.AreEqual(104, KeyOf(product with { B = product.B with { Pitch = 112 } }).Shape.K);
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32, 100)]
    [DataRow(NumericFormat.TensorFloat32, 100)]
    [DataRow(NumericFormat.Float16, 104)]
    [DataRow(NumericFormat.BFloat16, 104)]
    public void Of_InnerSize_IsPaddedTo16BytesOfTheFormat(NumericFormat format, int expected)
        => Assert.AreEqual(expected, KeyOf(Forward(100, padsA: true, padsB: true, format)).Shape.K);

    [TestMethod]
    public void Of_TransposedA_KeepsTheInnerSize()
    {
        // The rows of op(A) are A's columns: A's padding lies behind them, not behind the inner size.
        var product = new MatmulArguments
        {
            A = Matrix(100, 32, pads: true),
            TransposeA = true,
            B = Matrix(64, 100, pads: true),
            TransposeB = true,
            C = Matrix(32, 64),
        };

        Assert.AreEqual(new MatmulShape(32, 64, 100), KeyOf(product).Shape);
    }

    [TestMethod]
    [DataRow(true, true, false, 104)]
    [DataRow(true, false, false, 100)]
    [DataRow(false, true, false, 100)]
    [DataRow(true, true, true, 100)]
    public void Of_ColumnsOfAWeightGradient_ArePaddedWhereInputAndResultAre(bool padsB, bool padsC, bool transposeB, int expected)
    {
        var product = new MatmulArguments
        {
            A = Matrix(32, 64, pads: true),
            TransposeA = true,
            B = transposeB ? Matrix(100, 32, padsB) : Matrix(32, 100, padsB),
            TransposeB = transposeB,
            C = Matrix(64, 100, padsC),
        };

        Assert.AreEqual(new MatmulShape(64, expected, 32), KeyOf(product).Shape);
    }

    [TestMethod]
    [DataRow(0, 0, 0, 256)]
    [DataRow(4096, 0, 256, 256)]
    [DataRow(128, 0, 0, 128)]
    [DataRow(0, 48, 0, 16)]
    [DataRow(64, 32, 16, 16)]
    [DataRow(0, 0, 2, 2)]
    public void Of_Addresses_AlignmentIsTheLeastOfThreeAnd256AtMost(int a, int b, int c, int expected)
    {
        MatmulArguments product = Forward(64, padsA: false, padsB: false);

        Assert.AreEqual(
            expected,
            KeyOf(product with { A = Moved(product.A, a), B = Moved(product.B, b), C = Moved(product.C, c) }).Alignment);
    }

    [TestMethod]
    public void Of_SameProductElsewhere_IsTheSameKey()
    {
        MatmulArguments product = Forward(100, padsA: true, padsB: true);
        MatmulKey key = KeyOf(product), elsewhere = KeyOf(product with { A = Moved(product.A, 1 << 20), C = Moved(product.C, 1 << 24) });

        Assert.AreEqual(key, elsewhere);
        Assert.AreEqual(key.ToString(), elsewhere.ToString(), "the cache's entry is named by it");
    }

    [TestMethod]
    public void Of_AnotherFormatEpilogueOrShape_IsAnotherKey()
    {
        MatmulArguments product = Forward(64, padsA: true, padsB: true);
        MatmulArguments bfloat16 = Forward(64, padsA: true, padsB: true, NumericFormat.BFloat16);
        MatmulKey[] keys =
        [
            KeyOf(product),
            KeyOf(product, hasBias: true),
            KeyOf(product, hasRelu: true),
            KeyOf(product with { C = Matrix(32, 64, format: NumericFormat.Float32) }),
            KeyOf(bfloat16),
            KeyOf(bfloat16 with { C = product.C }),
            KeyOf(Forward(72, padsA: true, padsB: true)),
            KeyOf(Forward(64, padsA: true, padsB: true, NumericFormat.Float32)),
            KeyOf(Forward(64, padsA: true, padsB: true, NumericFormat.TensorFloat32)),
        ];

        Assert.HasCount(keys.Length, keys.Distinct());
        Assert.HasCount(keys.Length, keys.Select(key => key.ToString()).Distinct());
    }

    [TestMethod]
    public void Of_TensorFloat32Result_IsStoredAsFloat32()
        => Assert.AreEqual(
            (NumericFormat.TensorFloat32, NumericFormat.Float32),
            (
                KeyOf(Forward(64, true, true, NumericFormat.TensorFloat32)).Operand,
                KeyOf(Forward(64, true, true, NumericFormat.TensorFloat32)).Result));

    /// <summary>A member's row ends where the next member's begins, and its padding with it: that of rows in turn is no wider than that of
    /// one, though its next row is a hundred elements times members away.</summary>
    [TestMethod]
    public void Of_ProductsOfMembers_ArePaddedUpToTheNextMembersRow()
    {
        var forward = new MatmulArguments
        {
            A = Matrix(3 * 32, 100, pads: true),
            B = Matrix(3 * 64, 100, pads: true),
            TransposeB = true,
            C = Matrix(3 * 32, 64),
            Bias = Matrix(3, 64),
            Members = 3,
        };
        var input = new MatmulArguments
        {
            A = Matrix(3 * 32, 64),
            B = Matrix(3 * 64, 99, pads: true),
            C = Matrix(3 * 32, 99, pads: true, NumericFormat.Float32),
            Members = 3,
        };

        Assert.AreEqual(new MatmulShape(32, 64, 104), KeyOfMembers(forward).Shape);
        Assert.AreEqual(new MatmulBatch(3, A: 104, B: 64 * 104, C: 64, Bias: 64), KeyOfMembers(forward).Batch);
        Assert.AreEqual((3 * 104, 104, 3 * 64), KeyOfMembers(forward).Pitches);
        Assert.AreEqual(new MatmulShape(32, 100, 64), KeyOfMembers(input).Shape);
        Assert.AreNotEqual(KeyOfMembers(forward), KeyOf(MatmulMembers.Of(forward, 0)));
        Assert.AreNotEqual(KeyOfMembers(forward).ToString(), KeyOf(MatmulMembers.Of(forward, 0)).ToString());
    }

    /// <summary>Of the gradient of weights: both operands in turn, results one behind the other.</summary>
    [TestMethod]
    public void Of_WeightGradientsOfMembers_AreStacked()
    {
        var product = new MatmulArguments
        {
            A = Matrix(3 * 32, 64),
            TransposeA = true,
            B = Matrix(3 * 32, 100),
            C = Matrix(3 * 64, 100, format: NumericFormat.Float32),
            Members = 3,
        };

        Assert.AreEqual(new MatmulShape(64, 100, 32), KeyOfMembers(product).Shape);
        Assert.AreEqual(new MatmulBatch(3, A: 64, B: 104, C: 64 * 100, Bias: 0), KeyOfMembers(product).Batch);
    }

    /// <summary>What every member's addresses are multiples of, not the first one's alone.</summary>
    [TestMethod]
    [DataRow(100, 16)]
    [DataRow(64, 128)]
    public void Of_ProductsOfMembers_AreAlignedAsAllOfThem(int depth, int expected)
    {
        var product = new MatmulArguments
        {
            A = Matrix(3 * 32, depth),
            B = Matrix(3 * 64, depth),
            TransposeB = true,
            C = Matrix(3 * 32, 128),
            Members = 3,
        };

        Assert.AreEqual(expected, KeyOfMembers(product with { B = Matrix(3 * 128, depth) }).Alignment);
    }

    [TestMethod]
    public void Of_RowsThatMembersCannotShare_Throws()
        => StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => MatmulMembers.InTurn(Matrix(32, 8), 0, 3)).Message,
            "32 rows cannot be divided among 3 members");

    /// <summary>(32, K)·(64, K)ᵀ, the product of a forward pass.</summary>
    private static MatmulArguments Forward(int depth, bool padsA, bool padsB, NumericFormat format = NumericFormat.Float16) => new()
    {
        A = Matrix(32, depth, padsA, format),
        B = Matrix(64, depth, padsB, format),
        TransposeB = true,
        C = Matrix(32, 64, format: format),
    };

    private static Tensor Matrix(int rows, int columns, bool pads = false, NumericFormat format = NumericFormat.Float16)
        => new(Aligned, format, rows, columns, Tensor.PitchOf(columns, format)) { IsZeroPadded = pads };

    private static Tensor Moved(Tensor tensor, int bytes) => tensor with { Address = tensor.Address + bytes };

    private static MatmulKey KeyOf(in MatmulArguments product, bool hasBias = false, bool hasRelu = false)
        => MatmulKey.Of(product, product.C, MatmulShape.Of(product), hasBias, hasRelu);

    private static MatmulKey KeyOfMembers(in MatmulArguments product)
    {
        MatmulArguments first = MatmulMembers.Of(product, 0);
        return MatmulKey.Of(
            first, first.C, MatmulShape.Of(first), first.Bias.Address != 0, hasRelu: false, MatmulMembers.BatchOf(product));
    }
}
