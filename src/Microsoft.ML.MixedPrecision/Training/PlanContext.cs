using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>The memory of a training plan as its operations see it.</summary>
internal sealed class PlanContext : OpContext
{
    private readonly ValueLayout _layout;
    private readonly nint _arena;
    private readonly ParameterArenas _parameters;
    private int _examples;

    /// <summary>Creates a context.</summary>
    /// <param name="device">Where work runs.</param>
    /// <param name="layout">Where values and gradients lie.</param>
    /// <param name="arena">Address of their arena.</param>
    /// <param name="parameters">Parameters and their gradients.</param>
    public PlanContext(CpuDevice device, ValueLayout layout, nint arena, ParameterArenas parameters)
    {
        Device = device;
        _layout = layout;
        _arena = arena;
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public override CpuDevice Device { get; }

    /// <inheritdoc/>
    public override int Examples => _examples;

    /// <inheritdoc/>
    public override Tensor this[Value value] => _layout.Value(value, _arena, _examples);

    /// <summary>Sets the number of examples of the batch to come.</summary>
    public void SetExamples(int examples) => _examples = examples;

    /// <inheritdoc/>
    public override Tensor Gradient(Value value) => _layout.Gradient(value, _arena, _examples);

    /// <inheritdoc/>
    public override Tensor Operand(Parameter parameter) => _parameters.Operand(parameter);

    /// <inheritdoc/>
    public override Tensor Gradient(Parameter parameter) => _parameters.Gradient(parameter);
}
