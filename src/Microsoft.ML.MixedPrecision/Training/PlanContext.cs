using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>The memory of a training plan as its operations see it.</summary>
internal sealed class PlanContext : OpContext
{
    private readonly ValueMemory _values;
    private readonly ParameterArenas _parameters;
    private int _examples;

    /// <summary>Creates a context.</summary>
    /// <param name="device">Where work runs.</param>
    /// <param name="values">Values and their gradients.</param>
    /// <param name="parameters">Parameters and their gradients.</param>
    public PlanContext(Device device, ValueMemory values, ParameterArenas parameters)
    {
        Device = device;
        _values = values;
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public override Device Device { get; }

    /// <inheritdoc/>
    public override int Examples => _examples;

    /// <inheritdoc/>
    public override Tensor this[Value value] => _values.Value(value, _examples);

    /// <summary>Sets the number of examples of the batch to come.</summary>
    public void SetExamples(int examples) => _examples = examples;

    /// <inheritdoc/>
    public override Tensor Gradient(Value value) => _values.Gradient(value, _examples);

    /// <inheritdoc/>
    public override Tensor Operand(Parameter parameter) => _parameters.Operand(parameter);

    /// <inheritdoc/>
    public override Tensor Gradient(Parameter parameter) => _parameters.Gradient(parameter);
}
