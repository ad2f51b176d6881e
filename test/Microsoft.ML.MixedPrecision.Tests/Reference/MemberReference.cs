using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>A network of members in double precision, written from TabM's formulas, a member and a layer at a time: of member i
/// z = ((x ⊙ rᵢ)·Wᵀ) ⊙ sᵢ + bᵢ, act(z), …, and a last layer of its own; or of members that share nothing, z = x·Wᵢᵀ + bᵢ.</summary>
/// <param name="hiddenLayers">How many hidden layers there are.</param>
/// <param name="activation">Behind each of them.</param>
/// <param name="members">How many there are.</param>
/// <param name="residual">Whether those behind the first add their input.</param>
internal sealed class MemberReference(int hiddenLayers, ActivationKind activation, int members, bool residual = false)
{
    /// <summary>Parameters by name.</summary>
    public Dictionary<string, double[]> Parameters { get; } = [];

    /// <summary>Takes a network's parameters.</summary>
    public void Take(Network network)
    {
        foreach (var parameter in network.Parameters)
        {
            Parameters[parameter.Name] = Array.ConvertAll(parameter.Values, value => (double)value);
        }
    }

    /// <summary>What each member gives for an example.</summary>
    public double[][] Members(double[] x)
        => [.. Enumerable.Range(0, members).Select(
            member => Member(member, Parameters.TryGetValue("members.weight", out double[]? first) ? Times(x, first, member) : x))];

    /// <summary>What the network gives for an example.</summary>
    public double[] Output(MemberMeanKind kind, double[] x) => MemberTable.Mean(kind, Members(x));

    private double[] Member(int member, double[] h)
    {
        bool isAlone = !Parameters.ContainsKey("members.weight");
        for (int layer = 0; layer < hiddenLayers; layer++)
        {
            string name = $"hidden.{layer}";
            double[] z = isAlone ? Own(name, h, member) : Shared(name, h, member, hasInputScale: layer > 0);
            double[] y = OperationTable.Activate(activation, z);
            h = residual && layer > 0 ? OperationTable.Sum(y, h) : y;
        }

        return Own("output", h, member);
    }

    /// <summary>A product of weights that all members have.</summary>
    private double[] Shared(string name, double[] h, int member, bool hasInputScale)
    {
        double[] z = hasInputScale && Parameters.TryGetValue(name + ".input.weight", out double[]? r) ? Times(h, r, member) : h;
        double[] weight = Parameters[name + ".weight"], none = new double[weight.Length / h.Length];
        if (!Parameters.TryGetValue(name + ".members.weight", out double[]? s))
        {
            return OperationTable.Product(z, weight, Parameters[name + ".bias"]);
        }

        z = OperationTable.Product(z, weight, none);
        double[] b = Parameters[name + ".members.bias"];
        return [.. Times(z, s, member).Select((value, j) => value + b[(member * z.Length) + j])];
    }

    /// <summary>A product of weights that are the member's.</summary>
    private double[] Own(string name, double[] h, int member)
        => OperationTable.Product(h, Part(Parameters[name + ".weight"], member), Part(Parameters[name + ".bias"], member));

    private double[] Part(double[] all, int member) => all[(all.Length / members * member)..(all.Length / members * (member + 1))];

    private static double[] Times(double[] x, double[] all, int member)
        => [.. x.Select((value, j) => value * all[(member * x.Length) + j])];
}
