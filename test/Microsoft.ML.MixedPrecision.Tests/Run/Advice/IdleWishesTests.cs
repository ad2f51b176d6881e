using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>What is asked for and changes nothing is found; what changes something is not.</summary>
[TestClass]
public sealed class IdleWishesTests
{
    private const string Plain = "; weights=Plain";

    [TestMethod]
    [DataRow("mixed_float16; layer hiden.*=Float32", "'hiden.*'")]
    [DataRow("mixed_float16; layer Hidden.0=Float32", "'Hidden.0'")]
    [DataRow("float32; layer hidden.2=Float16", "'hidden.2'")]
    [DataRow("float32; layer *.norm=Float16", "'*.norm'")]
    [DataRow("mixed_float16; layer hidden.*=Float32", null)]
    [DataRow("mixed_float16; layer hidden.1.activation=Float32", null)]
    [DataRow("mixed_float16; layer out???=Float32", null)]
    public void Of_LayerPattern_SaysWhereNoneMatches(string policy, string? pattern)
    {
        string[] found = [.. IdleWishes.Of(Examples.Network(3, [4, 5], 2), PrecisionPolicy.Parse(policy))];

        Assert.HasCount(pattern is null ? 0 : 1, found);
        if (pattern is not null)
        {
            StringAssert.Contains(found[0], $"in layers {pattern}, but no layer has such a name");
            StringAssert.Contains(found[0], "The layers are 'hidden.0', 'hidden.0.activation', 'hidden.1', 'hidden.1.activation', "
                + "'output';");
        }
    }

    [TestMethod]
    public void Of_PatternInADeepNetwork_ShortensTheNames()
    {
        string found = IdleWishes.Of(
            Examples.Network(3, [.. Enumerable.Repeat(4, 30)], 2),
            PrecisionPolicy.Float32.WithLayer("x", NumericFormat.BFloat16)).Single();

        StringAssert.Contains(found, "'hidden.3', …, 'output';");
    }

    [TestMethod]
    [DataRow("float32" + Plain, true)]
    [DataRow("tensorfloat32" + Plain, true)]
    [DataRow("O3; layer *=Float32", true)]
    [DataRow("float32; Activation=Float16" + Plain, true)]
    [DataRow("mixed_bfloat16" + Plain, false)]
    [DataRow("float32; layer output=Float16" + Plain, false)]
    [DataRow("O3", false)]
    [DataRow("float32", false)]
    public void Of_PlainWeights_SaysWhereNoneIsIn16Bits(string policy, bool said)
    {
        string[] found = [.. IdleWishes.Of(Examples.Network(3, [4], 2), PrecisionPolicy.Parse(policy))];

        Assert.HasCount(said ? 1 : 0, found);
        StringAssert.StartsWith(found.FirstOrDefault() ?? "", said ? "WeightUpdate is Plain, but under the policy '" : "");
    }
}
