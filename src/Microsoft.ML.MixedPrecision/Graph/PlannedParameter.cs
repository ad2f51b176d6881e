namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>A parameter of a plan.</summary>
/// <param name="Parameter">Which.</param>
/// <param name="Format">Operand format of the operations that read it.</param>
/// <param name="Trains">Whether it has a gradient and is updated; false for a frozen one.</param>
internal readonly record struct PlannedParameter(Parameter Parameter, NumericFormat Format, bool Trains = true);
