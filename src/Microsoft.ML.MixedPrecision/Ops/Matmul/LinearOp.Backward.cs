using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The backward pass.</content>
internal sealed partial class LinearOp
{
    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        Tensor dz = context.Gradient(Output);
        bool hasBiasGradient = PreActivationGradient(context, dz, accumulate);
        if (TrainsBias || WriteOf(_weight) != GradientWrite.None)
        {
            // Without an input gradient there is nothing else to do, so that the main order of work would only wait; and several gradients
            // that are added to one place must come in turn.
            using IDisposable? branch = Input.NeedsGradient && !SharesParameters ? context.BeginBranch() : null;
            ParameterGradients(context, dz.As(_decision.Format), accumulate, hasBiasGradient);
        }

        if (Input.NeedsGradient)
        {
            InputGradient(context, dz.As(_decision.Format), accumulate);
        }
    }

    /// <summary>dz from dy, in place, unless the consumer has done it.</summary>
    /// <returns>Whether the bias's gradient is there too.</returns>
    private bool PreActivationGradient(OpContext context, Tensor dz, bool accumulate)
    {
        if (_gradientArrivesFolded)
        {
            return context.Device is CudaDevice && TrainsBias;
        }

        return Activation != ActivationKind.None && ActivationGradient(context, dz, context[SavedForActivation], dz, accumulate);
    }

    /// <summary>dz = x ⊙ act′(saved); a card sums the bias's gradient on the way.</summary>
    /// <returns>Whether it did.</returns>
    private bool ActivationGradient(OpContext context, Tensor x, Tensor saved, Tensor dz, bool accumulate)
    {
        if (context.Device is CudaDevice cuda && TrainsBias)
        {
            MemberBiasGradient.Run(
                cuda, Activation, x, saved, dz, context.Gradient(_bias!), accumulate || WriteOf(_bias) == GradientWrite.Add);
            return true;
        }

        Activations.Backward(context.Device, Activation, x, saved, dz);
        return false;
    }

    private void ParameterGradients(OpContext context, Tensor dz, bool accumulate, bool hasBiasGradient)
    {
        if (TrainsBias && !hasBiasGradient)
        {
            MemberBiasGradient.Run(context.Device, dz, context.Gradient(_bias!), accumulate || WriteOf(_bias) == GradientWrite.Add);
        }

        if (WriteOf(_weight) == GradientWrite.None)
        {
            return;
        }

        Matmul.Run(context.Device, new MatmulArguments
        {
            A = dz,
            TransposeA = true,
            B = context[Input].As(_decision.Format),
            C = context.Gradient(_weight),
            Accumulate = accumulate || WriteOf(_weight) == GradientWrite.Add,
            Members = _members,
        });
    }

    private void InputGradient(OpContext context, Tensor dz, bool accumulate)
    {
        var product = new MatmulArguments
        {
            A = dz,
            B = context.Operand(_weight),
            C = context.Gradient(Input),
            Members = _members,
        };
        if (_folded is null)
        {
            Matmul.Run(context.Device, product);
        }
        else if (context.Device is CudaDevice cuda)
        {
            // The derivative of ReLU is 0 or 1, so that a product rounded before is the same as one rounded after.
            Tensor x = Matmul.RunUnrounded(cuda, product, keepsFormat: _folded.Activation == ActivationKind.Relu);
            _folded.ActivationGradient(context, x, context[_folded.SavedForActivation], product.C, accumulate);
        }
        else
        {
            Matmul.Run(context.Device, product with { GradientOf = _folded.Activation, Saved = context[_folded.SavedForActivation] });
        }
    }
}
