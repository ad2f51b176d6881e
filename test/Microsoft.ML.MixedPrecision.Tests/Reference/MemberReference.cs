using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>A network of members in double precision, written from TabM's formulas, a member and a layer at a time: of member i
/// z = ((x ⊙ rᵢ)·Wᵀ) ⊙ sᵢ + bᵢ, act(z), …, and a last layer of its own.</summary>
/// <param name="hiddenLayers">How many hidden layers there are.</param>
/// <param name="activation">Behind each of them.</param>
/// <param name="residual">Whether those behind the first add their input.</param>
internal sealed class MemberReference(int hiddenLayers, ActivationKind activation, bool residual = false)
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
    {
        double[] first = Parameters["members.weight"];
        int members = first.Length / x.Length;
        return [.. Enumerable.Range(0, members).Select(member => Member(member, members, Times(x, first, member)))];
    }

    /// <summary>What the network gives for an example.</summary>
    public double[] Output(MemberMeanKind kind, double[] x) => MemberTable.Mean(kind, Members(x));

    private double[] Member(int member, int members, double[] h)
    {
        for (int layer = 0; layer < hiddenLayers; layer++)
        {
            string name = $"hidden.{layer}";
            double[] z = layer > 0 && Parameters.TryGetValue(name + ".input.weight", out double[]? r) ? Times(h, r, member) : h;
            double[] weight = Parameters[name + ".weight"];
            bool isTabM = Parameters.TryGetValue(name + ".members.weight", out double[]? s);
            double[] none = new double[weight.Length / h.Length];
            z = OperationTable.Product(z, weight, isTabM ? none : Parameters[name + ".bias"]);
            if (isTabM)
            {
                double[] b = Parameters[name + ".members.bias"];
                z = [.. Times(z, s!, member).Select((value, j) => value + b[(member * z.Length) + j])];
            }

            double[] y = OperationTable.Activate(activation, z);
            h = residual && layer > 0 ? OperationTable.Sum(y, h) : y;
        }

        double[] heads = Parameters["output.weight"], biases = Parameters["output.bias"];
        int outputs = heads.Length / h.Length / members;
        return OperationTable.Product(
            h,
            heads[(member * outputs * h.Length)..((member + 1) * outputs * h.Length)],
            biases[(member * outputs)..((member + 1) * outputs)]);
    }

    private static double[] Times(double[] x, double[] all, int member)
        => [.. x.Select((value, j) => value * all[(member * x.Length) + j])];
}
