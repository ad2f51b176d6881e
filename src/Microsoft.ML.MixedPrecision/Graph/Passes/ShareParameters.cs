using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>
/// Lets several operations read one parameter: tied weights, a layer built twice. The first of them in the backward pass overwrites the
/// Float32 gradient, the others add to it, so that it is their sum before anything reads it.
/// </summary>
internal static class ShareParameters
{
    /// <summary>Settles who overwrites and who adds.</summary>
    /// <param name="ops">In forward order.</param>
    /// <param name="frozen">The parameters that do not train.</param>
    /// <returns>
    /// The parameters, each once: those that train, in the order in which backward finishes their gradients, then the frozen ones.
    /// </returns>
    /// <exception cref="NotSupportedException">
    /// Two operations read a parameter in different formats, or one that writes its gradients together shares or trains only some.
    /// </exception>
    public static IReadOnlyList<PlannedParameter> Run(IReadOnlyList<Op> ops, IReadOnlySet<Parameter> frozen)
    {
        var readers = new Dictionary<Parameter, Op>();
        var shared = new HashSet<Parameter>();
        var order = new List<PlannedParameter>();
        foreach (Op op in ops.Reverse())
        {
            foreach (Parameter parameter in op.Parameters)
            {
                if (!readers.TryAdd(parameter, op))
                {
                    RequireSameFormat(parameter, readers[parameter], op);
                    shared.Add(parameter);
                    order.RemoveAll(planned => planned.Parameter == parameter);
                }

                order.Add(new PlannedParameter(parameter, op.ParameterFormat, !frozen.Contains(parameter)));
            }
        }

        SettleWrites(ops, frozen, shared);
        return [.. order.OrderBy(planned => planned.Trains ? 0 : planned.Format.Is16Bit() ? 2 : 1)];
    }

    private static void SettleWrites(IReadOnlyList<Op> ops, IReadOnlySet<Parameter> frozen, HashSet<Parameter> shared)
    {
        var written = new HashSet<Parameter>();
        HashSet<Op> again = StagingAgain(ops);
        foreach (Op op in ops.Reverse())
        {
            IReadOnlyList<Parameter> computed = op.ParametersWithGradient;
            (Parameter Parameter, GradientWrite Write)[] writes = [.. op.Parameters.Select(parameter => (
                parameter,
                frozen.Contains(parameter) || !computed.Contains(parameter) ? GradientWrite.None
                    : written.Add(parameter) ? GradientWrite.Overwrite
                    : GradientWrite.Add))];
            if (op.WritesGradientsTogether && writes.Any(write => write.Write != writes[0].Write))
            {
                string names = string.Join(" and ", op.Parameters.Select(parameter => $"'{parameter.Name}'"));
                throw new NotSupportedException(
                    $"'{op.Name}' computes the gradients of {names} together; "
                    + "share all of them with the same layer or none, and freeze all or none.");
            }

            op.SettleWrites(writes, op.Parameters.Any(shared.Contains), again.Contains(op));
        }
    }

    /// <summary>The operations that stage what an earlier one has staged.</summary>
    private static HashSet<Op> StagingAgain(IReadOnlyList<Op> ops)
    {
        var staged = new HashSet<LayerState>();
        var again = new HashSet<Op>();
        foreach (Op op in ops)
        {
            foreach (LayerState state in op.States)
            {
                if (!staged.Add(state))
                {
                    again.Add(op);
                }
            }
        }

        return again;
    }

    private static void RequireSameFormat(Parameter parameter, Op first, Op second)
    {
        if (first == second)
        {
            throw new NotSupportedException(
                $"'{first.Name}' reads '{parameter.Name}' as two of its parameters; give it a parameter for each.");
        }

        if (first.ParameterFormat != second.ParameterFormat)
        {
            throw new NotSupportedException(
                $"'{parameter.Name}' is read by '{second.Name}' in {second.ParameterFormat} "
                + $"and by '{first.Name}' in {first.ParameterFormat}; a shared parameter has one format. "
                + $"Give both layers the same one ({nameof(PrecisionPolicy)}.{nameof(PrecisionPolicy.WithLayer)}), or parameters of "
                    + $"their own.");
        }
    }
}
