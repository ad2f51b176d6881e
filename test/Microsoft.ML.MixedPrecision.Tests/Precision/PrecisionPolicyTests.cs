using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Tests.Precision;

/// <summary>Which format each operation gets, on which device, and why.</summary>
[TestClass]
public sealed class PrecisionPolicyTests
{
    [TestMethod]
    [DataRow("float32", "float32", NumericFormat.Float32, NumericFormat.Float32, WeightUpdate.Master)]
    [DataRow("TensorFloat32", "tensorfloat32", NumericFormat.TensorFloat32, NumericFormat.Float32, WeightUpdate.Master)]
    [DataRow("MIXED_FLOAT16", "mixed_float16", NumericFormat.Float16, NumericFormat.Float16, WeightUpdate.Master)]
    [DataRow(" mixed_bfloat16 ", "mixed_bfloat16", NumericFormat.BFloat16, NumericFormat.BFloat16, WeightUpdate.Master)]
    [DataRow("O0", "float32", NumericFormat.Float32, NumericFormat.Float32, WeightUpdate.Master)]
    [DataRow("o1", "mixed_float16", NumericFormat.Float16, NumericFormat.Float16, WeightUpdate.Master)]
    [DataRow("O2", "mixed_float16", NumericFormat.Float16, NumericFormat.Float16, WeightUpdate.Master)]
    [DataRow("o3", "O3", NumericFormat.Float16, NumericFormat.Float16, WeightUpdate.Plain)]
    public void Parse_PresetName_GivesItsFormats(
        string text,
        string name,
        NumericFormat product,
        NumericFormat activation,
        WeightUpdate update)
    {
        var policy = PrecisionPolicy.Parse(text);

        Assert.AreEqual(name, policy.Name);
        Assert.AreEqual(product, policy.ComputeFormat);
        Assert.AreEqual(update, policy.WeightUpdate);
        Assert.AreEqual(product, policy.Decide(OperationKind.MatrixProduct, "hidden.0").Format);
        Assert.AreEqual(activation, policy.Decide(OperationKind.Activation, "hidden.0").Format);
        foreach (OperationKind kind in (OperationKind[])[OperationKind.Loss, OperationKind.Reduction, OperationKind.Optimizer])
        {
            Assert.AreEqual(NumericFormat.Float32, policy.Decide(kind, "hidden.0").Format);
        }
    }

    [TestMethod]
    [DataRow("fp32", "float32")]
    [DataRow("32", "float32")]
    [DataRow("32-true", "float32")]
    [DataRow("TF32", "tensorfloat32")]
    [DataRow("fp16", "mixed_float16")]
    [DataRow("FLOAT16", "mixed_float16")]
    [DataRow("16", "mixed_float16")]
    [DataRow("16-mixed", "mixed_float16")]
    [DataRow("bf16", "mixed_bfloat16")]
    [DataRow("bfloat16", "mixed_bfloat16")]
    [DataRow("BF16-mixed", "mixed_bfloat16")]
    [DataRow("16-true", "O3")]
    [DataRow("bf16-true", "mixed_bfloat16; weights=Plain")]
    [DataRow("fp16; layer head.*=Float32", "mixed_float16; layer head.*=Float32")]
    public void Parse_NameOfAnotherLibrary_GivesThePolicyThatItMeans(string text, string policy)
    {
        Assert.AreEqual(policy, PrecisionPolicy.Parse(text).ToString());
        Assert.AreEqual(PrecisionPolicy.Parse(policy), PrecisionPolicy.Parse(text));
    }

    [TestMethod]
    [DataRow("fp8")]
    [DataRow("64")]
    [DataRow("fp-16")]
    public void Parse_OfNoPolicy_ListsTheNamesAndTheirShortForms(string text)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => PrecisionPolicy.Parse(text));

        StringAssert.Contains(error.Message, $"'{text}' is no precision policy: write float32 (or fp32), tensorfloat32 (tf32), "
            + $"mixed_float16 (fp16), mixed_bfloat16 (bf16)");
    }

    [TestMethod]
    public void Presets_Properties_AreWhatTheirNamesParseTo()
    {
        (string, PrecisionPolicy)[] presets =
        [
            ("float32", PrecisionPolicy.Float32), ("tensorfloat32", PrecisionPolicy.TensorFloat32), (
                "mixed_float16",
                PrecisionPolicy.MixedFloat16),
            ("mixed_bfloat16", PrecisionPolicy.MixedBFloat16),
            ("auto", PrecisionPolicy.Auto),
            ("O0", PrecisionPolicy.O0),
            ("O1", PrecisionPolicy.O1),
            ("O2", PrecisionPolicy.O2), ("O3", PrecisionPolicy.O3),
        ];

        foreach ((string name, PrecisionPolicy policy) in presets)
        {
            Assert.AreSame(policy, PrecisionPolicy.Parse(name));
        }

        Assert.AreEqual(6, presets.Select(preset => preset.Item2).Distinct().Count());
    }

    [TestMethod]
    public void Decide_LayerAgainstKind_LayerWins()
    {
        PrecisionPolicy policy = PrecisionPolicy.MixedBFloat16
            .WithLayer("hidden.*", NumericFormat.Float16)
            .With(OperationKind.MatrixProduct, NumericFormat.TensorFloat32);

        Assert.AreEqual(NumericFormat.Float16, policy.Decide(OperationKind.MatrixProduct, "hidden.0").Format);
        Assert.AreEqual(NumericFormat.TensorFloat32, policy.Decide(OperationKind.MatrixProduct, "output").Format);
        Assert.AreEqual(NumericFormat.BFloat16, policy.Decide(OperationKind.Activation, "output").Format);
        Assert.AreEqual(NumericFormat.Float32, policy.Decide(OperationKind.Reduction, "hidden.0").Format);
        Assert.AreEqual(NumericFormat.Float32, policy.Decide(OperationKind.Loss, "hidden.0").Format);
    }

    [TestMethod]
    public void Decide_SeveralMatchingLayers_LastWishWins()
    {
        PrecisionPolicy all = PrecisionPolicy.Float32.WithLayer("*", NumericFormat.Float16);
        PrecisionPolicy narrowLast = all.WithLayer("hidden.1", NumericFormat.BFloat16);
        PrecisionPolicy wideLast = narrowLast.WithLayer("*", NumericFormat.Float16);

        Assert.AreEqual(NumericFormat.BFloat16, narrowLast.Decide(OperationKind.MatrixProduct, "hidden.1").Format);
        Assert.AreEqual(NumericFormat.Float16, narrowLast.Decide(OperationKind.MatrixProduct, "hidden.2").Format);
        Assert.AreEqual(NumericFormat.Float16, wideLast.Decide(OperationKind.MatrixProduct, "hidden.1").Format);
    }

    [TestMethod]
    [DataRow("hidden.*", "hidden.0", true)]
    [DataRow("hidden.*", "hidden.", true)]
    [DataRow("hidden.*", "hidden", false)]
    [DataRow("hidden.*", "xhidden.0", false)]
    [DataRow("hidden.?", "hidden.1", true)]
    [DataRow("hidden.?", "hidden.11", false)]
    [DataRow("*.1", "hidden.1", true)]
    [DataRow("*", "", false)]
    [DataRow("output", "output", true)]
    [DataRow("output", "Output", false)]
    [DataRow("h*d*.0", "hidden.0", true)]
    [DataRow("h.dden", "hidden", false)]
    public void WithLayer_Wildcards_MatchWholeNames(string pattern, string layer, bool matches)
    {
        PrecisionPolicy policy = PrecisionPolicy.Float32.WithLayer(pattern, NumericFormat.BFloat16);

        NumericFormat expected = matches ? NumericFormat.BFloat16 : NumericFormat.Float32;
        Assert.AreEqual(expected, policy.Decide(OperationKind.MatrixProduct, layer).Format);
        Assert.AreEqual(expected, policy.Decide(OperationKind.Activation, layer).Format);
    }

    [TestMethod]
    [DataRow("mixed_float16", OperationKind.MatrixProduct, "mixed_float16: matrix products in Float16")]
    [DataRow("tensorfloat32", OperationKind.Activation, "tensorfloat32: activations stored in Float32")]
    [DataRow("mixed_float16; layer hidden.*=Float32", OperationKind.MatrixProduct, "layer pattern 'hidden.*': matrix products in Float32")]
    [DataRow("mixed_float16; Activation=BFloat16", OperationKind.Activation, "mixed_float16 with Activation overridden: activations "
        + "stored in BFloat16")]
    [DataRow("mixed_float16", OperationKind.Normalization, "mixed_float16: normalized values stored in Float16")]
    [DataRow("tensorfloat32", OperationKind.Normalization, "tensorfloat32: normalized values stored in Float32")]
    [DataRow("mixed_float16; Activation=Float32", OperationKind.Normalization, "mixed_float16 with Activation overridden: normalized "
        + "values stored in Float32")]
    [DataRow("mixed_float16; Activation=Float32; Normalization=BFloat16", OperationKind.Normalization,
        "mixed_float16 with Normalization overridden: normalized values stored in BFloat16")]
    [DataRow("mixed_float16; Normalization=Float32", OperationKind.Activation, "mixed_float16: activations stored in Float16")]
    [DataRow("mixed_float16; Normalization=BFloat16; layer hidden.*=Float32", OperationKind.Normalization,
        "layer pattern 'hidden.*': normalized values stored in Float32")]
    [DataRow("mixed_float16", OperationKind.Loss, "its scale overflows 16 bits: always Float32")]
    [DataRow("mixed_float16", OperationKind.Reduction, "accumulates: always Float32")]
    [DataRow("mixed_float16", OperationKind.Optimizer, "moments and master weights accumulate: always Float32")]
    [DataRow("O3", OperationKind.Optimizer, "moments accumulate: always Float32; weights without masters")]
    public void Decide_EachKind_GivesItsReason(string policy, OperationKind kind, string reason)
        => Assert.AreEqual(reason, PrecisionPolicy.Parse(policy).Decide(kind, "hidden.0").Reason);

    [TestMethod]
    [DataRow(OperationKind.Loss, NumericFormat.Float16, "65536 > 65504")]
    [DataRow(OperationKind.Loss, NumericFormat.BFloat16, "8 significant bits")]
    [DataRow(OperationKind.Reduction, NumericFormat.BFloat16, "sums over many elements")]
    [DataRow(OperationKind.Optimizer, NumericFormat.Float16, "WithWeightUpdate(WeightUpdate.Plain)")]
    [DataRow(OperationKind.Activation, NumericFormat.TensorFloat32, "operand format of matrix products")]
    [DataRow(OperationKind.Normalization, NumericFormat.TensorFloat32, "operand format of matrix products")]
    [DataRow(OperationKind.Loss, NumericFormat.TensorFloat32, "operand format of matrix products")]
    public void With_ImpossibleWish_SaysWhy(OperationKind kind, NumericFormat format, string reason)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => PrecisionPolicy.MixedFloat16.With(kind, format));

        StringAssert.Contains(error.Message, $"{kind} in {format} is not possible");
        StringAssert.Contains(error.Message, reason);
        StringAssert.Contains(error.Message, "leave it at Float32");
    }

    [TestMethod]
    public void With_Float32_IsPossibleForEveryKind()
    {
        foreach (OperationKind kind in Enum.GetValues<OperationKind>())
        {
            Assert.AreEqual(NumericFormat.Float32, PrecisionPolicy.O3.With(kind, NumericFormat.Float32).Decide(kind, "x").Format);
        }
    }

    [TestMethod]
    public void With_BadArguments_Throws()
    {
        PrecisionPolicy policy = PrecisionPolicy.Float32;

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => policy.With((OperationKind)99, NumericFormat.Float32));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => policy.With(OperationKind.Loss, (NumericFormat)99));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => policy.WithLayer("x", (NumericFormat)99));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => policy.WithWeightUpdate((WeightUpdate)99));
        Assert.ThrowsExactly<ArgumentNullException>(() => policy.WithLayer(null!, NumericFormat.Float32));
        foreach (string pattern in (string[])["", "a b", "a;b", "a=b", "[ab]", "a\\b"])
        {
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => policy.WithLayer(pattern, NumericFormat.Float32)).Message,
                $"'{pattern}'");
        }
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("auto; layer head=Float32")]
    [DataRow("O3")]
    [DataRow("O3; weights=Master")]
    [DataRow("mixed_float16; MatrixProduct=BFloat16; Activation=Float32; Normalization=BFloat16; layer hidden.*=Float16; layer "
        + "*.0=Float32; weights=Plain")]
    public void Json_EachForm_RoundTripsAsItsText(string text)
    {
        var policy = PrecisionPolicy.Parse(text);
        string json = JsonSerializer.Serialize(policy);
        PrecisionPolicy? back = JsonSerializer.Deserialize<PrecisionPolicy>(json);

        Assert.AreEqual(text, policy.ToString());
        Assert.AreEqual(text, JsonDocument.Parse(json).RootElement.GetString());
        Assert.AreEqual(policy, back);
        Assert.AreEqual(policy.GetHashCode(), back!.GetHashCode());
    }

    /// <summary>Every preset, with every override that is possible, of each kind alone and of all together.</summary>
    [TestMethod]
    public void Parse_OfToString_GivesAnEqualPolicyForEveryPresetAndOverride()
    {
        PrecisionPolicy[] presets = [
            PrecisionPolicy.Float32,
            PrecisionPolicy.TensorFloat32,
            PrecisionPolicy.MixedFloat16,
            PrecisionPolicy.MixedBFloat16,
            PrecisionPolicy.Auto,
            PrecisionPolicy.O3];
        int tried = 0;
        foreach (PrecisionPolicy preset in presets)
        {
            PrecisionPolicy all = preset;
            foreach (Func<PrecisionPolicy, PrecisionPolicy> change in Changes())
            {
                PrecisionPolicy changed = change(preset);
                all = change(all);
                Assert.AreEqual(changed, PrecisionPolicy.Parse(changed.ToString()), changed.ToString());
                Assert.AreEqual(all, PrecisionPolicy.Parse(all.ToString()), all.ToString());
                Assert.AreEqual(preset.Name, changed.Name);
                Assert.AreEqual(changed == preset, changed == PrecisionPolicy.Parse(changed.Name), "the name alone has no overrides");
                tried++;
            }
        }

        // Products take 4 formats, activations and normalizations 3, the three others Float32; 3 patterns in 4 formats; 2 forms of weights.
        Assert.AreEqual(presets.Length * (4 + 3 + 3 + 3 + 12 + 2), tried);
    }

    private static IEnumerable<Func<PrecisionPolicy, PrecisionPolicy>> Changes()
    {
        NumericFormat[] formats = Enum.GetValues<NumericFormat>();
        foreach (OperationKind kind in Enum.GetValues<OperationKind>())
        {
            foreach (NumericFormat format in formats.Where(format => kind switch
            {
                OperationKind.MatrixProduct => true,
                OperationKind.Activation or OperationKind.Normalization => format != NumericFormat.TensorFloat32,
                _ => format == NumericFormat.Float32,
            }))
            {
                yield return policy => policy.With(kind, format);
            }
        }

        foreach (string pattern in (string[])["hidden.*", "*", "out-p_t/?"])
        {
            foreach (NumericFormat format in formats)
            {
                yield return policy => policy.WithLayer(pattern, format);
            }
        }

        foreach (WeightUpdate update in Enum.GetValues<WeightUpdate>())
        {
            yield return policy => policy.WithWeightUpdate(update);
        }
    }

    [TestMethod]
    public void Equals_OrderOfWishes_CountsForLayersOnly()
    {
        PrecisionPolicy policy = PrecisionPolicy.MixedFloat16;
        PrecisionPolicy kinds = policy.With(OperationKind.Activation, NumericFormat.Float32).With(
            OperationKind.MatrixProduct,
            NumericFormat.BFloat16);
        PrecisionPolicy kindsOtherWay = policy.With(OperationKind.MatrixProduct, NumericFormat.BFloat16).With(
            OperationKind.Activation,
            NumericFormat.Float32);
        PrecisionPolicy layers = policy.WithLayer("a*", NumericFormat.Float32).WithLayer("*b", NumericFormat.BFloat16);
        PrecisionPolicy layersOtherWay = policy.WithLayer("*b", NumericFormat.BFloat16).WithLayer("a*", NumericFormat.Float32);

        Assert.IsTrue(kinds == kindsOtherWay);
        Assert.IsTrue(layers != layersOtherWay);
        Assert.IsTrue(policy != policy.WithWeightUpdate(WeightUpdate.Plain));
        Assert.IsTrue(PrecisionPolicy.O3 != policy.WithWeightUpdate(WeightUpdate.Plain));
        Assert.AreEqual(
            policy.With(OperationKind.Activation, NumericFormat.Float32),
            policy.With(OperationKind.Activation, NumericFormat.BFloat16).With(OperationKind.Activation, NumericFormat.Float32));
    }

    [TestMethod]
    [DataRow("mixed_float8", "write float32 (or fp32), tensorfloat32 (tf32)")]
    [DataRow("", "write float32 (or fp32), tensorfloat32 (tf32)")]
    [DataRow("float32; Activation", "'Activation' is no override")]
    [DataRow("float32; Activation=Float8", "'Float8' is no NumericFormat: write Float32, TensorFloat32, Float16, BFloat16")]
    [DataRow("float32; Softmax=Float32", "'Softmax' is no OperationKind")]
    [DataRow("float32; 1=Float32", "'1' is no OperationKind")]
    [DataRow("float32; weights=None", "'None' is no WeightUpdate: write Master, Plain")]
    [DataRow("float32; layer a b=Float16", "pattern of layer names")]
    [DataRow("float32; Loss=Float16", "65536 > 65504")]
    public void Parse_NotUnderstood_SaysWhatIsAllowed(string text, string part)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => PrecisionPolicy.Parse(text));
        var jsonError = Assert.ThrowsExactly<JsonException>(
            () => JsonSerializer.Deserialize<PrecisionPolicy>(JsonSerializer.Serialize(text)));

        StringAssert.Contains(error.Message, part);
        StringAssert.Contains(jsonError.Message, part);
    }

    [TestMethod]
    public void Json_NotAString_IsAJsonError()
        => Assert.ThrowsExactly<JsonException>(() => JsonSerializer.Deserialize<PrecisionPolicy>("3"));

    [TestMethod]
    [DataRow("mixed_float16", NumericFormat.Float16, true)]
    [DataRow("mixed_float16; MatrixProduct=Float32", NumericFormat.Float16, true)]
    [DataRow("mixed_float16; MatrixProduct=Float32; Activation=Float32", NumericFormat.Float16, false)]
    [DataRow("float32; Normalization=Float16", NumericFormat.Float16, true)]
    [DataRow("float32; layer x=Float16", NumericFormat.Float16, true)]
    [DataRow("float32; layer x=Float16; layer x=Float32", NumericFormat.Float16, false)]
    [DataRow("tensorfloat32", NumericFormat.TensorFloat32, true)]
    [DataRow("mixed_bfloat16", NumericFormat.Float16, false)]
    public void Uses_Format_SeesOverridesToo(string policy, NumericFormat format, bool expected)
        => Assert.AreEqual(expected, PrecisionPolicy.Parse(policy).Uses(format));
}
