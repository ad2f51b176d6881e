using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>The numbers of one committed step that every parameter's update shares.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="DecayFactor">What weight decay is multiplied by.</param>
/// <param name="Factor">Clip coefficient ÷ loss scale: makes a stored gradient a true one.</param>
/// <param name="ValueLimit">Largest size of a stored gradient's element: limit × loss scale; 0 for none.</param>
internal readonly record struct WeightUpdateStep(long Step, float LearningRate, float DecayFactor, float Factor, float ValueLimit);

/// <summary>Applies the optimizer to one parameter's range of the arenas.</summary>
internal static unsafe class WeightUpdater
{
    /// <summary>Updates moments, master and shadow.</summary>
    /// <returns>16-bit weights without master that a non-zero update left unchanged.</returns>
    public static long Run(
        CpuDevice device,
        OptimizerSettings optimizer,
        ParameterArenas arenas,
        ParameterSlot slot,
        in WeightUpdateStep step)
    {
        long lost = 0;
        float decay = slot.Parameter.Decays ? optimizer.WeightDecay * slot.Parameter.DecayFactor * step.DecayFactor : 0f;
        float learningRate = step.Step > slot.Parameter.FrozenSteps ? step.LearningRate * slot.Parameter.RateFactor : 0f;
        if (optimizer.Kind == OptimizerKind.AdamW)
        {
            AdamWKernel.Run(device, new AdamWArguments
            {
                Count = slot.Elements,
                Gradient = arenas.Gradient(slot),
                Master = arenas.Master(slot),
                Shadow = arenas.Shadow(slot),
                ShadowFormat = slot.Format,
                First = arenas.First(slot),
                Second = arenas.Second(slot),
                Factor = step.Factor,
                ValueLimit = step.ValueLimit,
                LearningRate = learningRate,
                Beta1 = optimizer.Beta1,
                Beta2 = optimizer.Beta2,
                Epsilon = optimizer.Epsilon * slot.Parameter.EpsilonFactor,
                WeightDecay = decay,
                BiasCorrection1 = (float)(1 - Math.Pow(optimizer.Beta1, step.Step)),
                BiasCorrection2 = (float)(1 - Math.Pow(optimizer.Beta2, step.Step)),
                IsLazy = slot.Parameter.IsLazy,
                Lost = &lost,
            });
        }
        else if (optimizer.Kind == OptimizerKind.Sgd)
        {
            SgdKernel.Run(device, new SgdArguments
            {
                Count = slot.Elements,
                Gradient = arenas.Gradient(slot),
                Master = arenas.Master(slot),
                Shadow = arenas.Shadow(slot),
                ShadowFormat = slot.Format,
                Velocity = arenas.First(slot),
                Factor = step.Factor,
                ValueLimit = step.ValueLimit,
                LearningRate = learningRate,
                Momentum = optimizer.Momentum,
                Nesterov = optimizer.Nesterov,
                WeightDecay = decay,
                Lost = &lost,
            });
        }
        else
        {
            throw UnknownValue.Of(optimizer.Kind);
        }

        return lost;
    }
}
