namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>Work split into numbered parts that may run at the same time, in any order, on any thread.</summary>
internal interface IParallelJob
{
    /// <summary>Runs one part. The result must not depend on which thread runs it, nor on when.</summary>
    void Run(int part);
}
